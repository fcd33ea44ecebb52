import type { Tier } from "../options/tier.ts";

/** What a host of a tier is on AWS. */
export interface Size {
  readonly instanceType: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly dataGb: number;
  readonly budgetUsd: number;
}

/**
 * Guide 000, "Hardware Requirements", and 001, "System Requirements": minimum 2 cores, 4 GB, 10 GB; recommended 4 cores, 8 GB, 50 GB; large 8 cores, 16 GB,
 * 100 GB. The disk has what Docker's images and a release's copy take on top.
 */
export const sizes: Readonly<Record<Tier, Size>> = {
  small: { instanceType: "t3.medium", cores: 2, memoryGb: 4, dataGb: 30, budgetUsd: 60 },
  medium: { instanceType: "c6i.xlarge", cores: 4, memoryGb: 8, dataGb: 60, budgetUsd: 180 },
  large: { instanceType: "c6i.2xlarge", cores: 8, memoryGb: 16, dataGb: 120, budgetUsd: 340 },
};

/** GB of the root volume: Debian and what it logs; Docker's data are on the other one. */
export const rootGb = 16;
