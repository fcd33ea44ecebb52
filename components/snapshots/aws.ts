import { LifecyclePolicy } from "@pulumi/aws/dlm/lifecyclePolicy.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import * as pulumi from "@pulumi/pulumi";
import { trust } from "../iam/spec.ts";
import { snapshotPolicy, snapshotTag, snapshotTime } from "./spec.ts";

export interface SnapshotsArgs {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  readonly keep: number;
}

/** Daily snapshots of the data volume: the way back when the volume itself is lost. They are crash-consistent; backup sets are the exact way. */
export class Snapshots extends pulumi.ComponentResource {
  constructor(name: string, { stack, region, account, keep }: SnapshotsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Snapshots", name, {}, opts);
    const parent = { parent: this };
    const role = new Role(name, { assumeRolePolicy: JSON.stringify(trust("dlm.amazonaws.com")) }, parent);
    new RolePolicy(name, { role: role.id, policy: JSON.stringify(snapshotPolicy(region, account, stack)) }, parent);
    new LifecyclePolicy(
      name,
      {
        description: `Slipway, data of stack ${stack}`,
        executionRoleArn: role.arn,
        state: "ENABLED",
        policyDetails: {
          resourceTypes: ["VOLUME"],
          targetTags: snapshotTag(stack),
          schedules: [
            {
              name: "daily",
              createRule: { interval: 24, intervalUnit: "HOURS", times: snapshotTime },
              retainRule: { count: keep },
              copyTags: true,
            },
          ],
        },
      },
      parent,
    );
    this.registerOutputs({});
  }
}
