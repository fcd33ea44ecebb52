import { sizes } from "../../components/machine/tiers.ts";
import type { Tier } from "../../components/options/tier.ts";

export interface Wanted {
  /** At the same time. */
  readonly users: number;
  readonly dataGb: number;
  /** For development and tests: the guides' minimum is enough. */
  readonly testing: boolean;
}

export interface Plan {
  readonly tier: Tier;
  /** Where the guides say so. */
  readonly guide: string;
  readonly dataGb: number;
  readonly copiesGb: number;
  /** Backup sets kept on the host. */
  readonly keep: number;
}

/** Most users that any guide sizes. */
export const mostUsers = 1000;

/** On the disk beside the data: images, containers, logs. */
const systemGb = 20;

/**
 * The smallest host that the guides say enough of. The disk has the data, the copy on which a release is rehearsed, the backup sets, and what Docker takes.
 * @throws Error for more users than any guide sizes
 */
export function planFor({ users, dataGb, testing }: Wanted): Plan {
  if (users > mostUsers)
    throw new Error(
      `--users ${users}: no guide sizes a host for more than ${mostUsers} (guide 001, "Scaling": then PostgreSQL and several hosts, which Slipway does not place on AWS)`,
    );
  const { tier, guide } = tierFor(users, testing);
  // Sets are whole: of large data fewer are kept on the host, the rest lies in the bucket.
  const keep = dataGb > 10 ? 3 : 30;
  const wanted = systemGb + Math.ceil(dataGb * (2 + keep));
  return { tier, guide, dataGb: Math.max(sizes[tier].dataGb, wanted), copiesGb: Math.ceil(dataGb * 2), keep };
}

function tierFor(users: number, testing: boolean): { readonly tier: Tier; readonly guide: string } {
  if (testing)
    return {
      tier: "small",
      guide: 'guide 001, "System Requirements", minimum (development/testing); 000, "Prerequisites": 4 GB',
    };
  if (users < 100)
    return {
      tier: "medium",
      guide: 'guide 001, "System Requirements", recommended (production <100 users): 4 cores, 8 GB',
    };
  return {
    tier: "large",
    guide: 'guide 001, "System Requirements", large deployments (100-1000 users): 8 cores, 16 GB',
  };
}
