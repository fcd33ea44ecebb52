import type { Tier } from "../../components/options/tier.ts";
import { connectionsAllowed, connectionsNeeded, ownConnections } from "../../components/postgres/config.ts";
import { partLimits } from "../platforms/tiers.ts";
import type { SystemDatabase } from "../systems/system.ts";

const tiers: readonly Tier[] = ["small", "medium", "large"];

/** What is wrong when PostgreSQL of that tier cannot hold what the system's releases ask for; undefined when it can. */
export function connectionProblem(database: SystemDatabase, tier: Tier, stack: string): string | undefined {
  if (database.kind === "sqlite") return undefined;
  const ofRelease = database.connections;
  const needed = connectionsNeeded(ofRelease);
  if (needed <= allowedBy(tier)) return undefined;
  const larger = tiers.find((each) => allowedBy(each) >= needed);
  const fewer = `fewer replicas or smaller pools, at most ${Math.floor((allowedBy(tier) - ownConnections) / 2)} a release`;
  return (
    `the system's replicas hold up to ${ofRelease} connections to PostgreSQL, so ${needed} must fit (two releases while one follows the ` +
    `other, and ${ownConnections} of Slipway's own); with the memory of tier ${tier} allowed are ${allowedBy(tier)}: choose ${fewer}` +
    (larger === undefined
      ? ""
      : `, or a larger tier with \`pulumi config set slipway:tier ${larger} --stack ${stack}\``)
  );
}

function allowedBy(tier: Tier): number {
  return connectionsAllowed({ limits: partLimits("postgres", tier), tier });
}
