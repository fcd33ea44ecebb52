import { expect, test } from "vitest";
import { restoredServer } from "../../../components/steps/rds-servers.ts";

test("a snapshot's server is in the groups and subnets of the one that serves, without a public address, and may be removed at once", () => {
  const as = {
    instanceClass: "db.t4g.small",
    subnetGroup: "slipway-production",
    parameterGroup: "slipway-production-17",
    groups: ["sg-0123456789abcdef0"],
    restorableUntil: undefined,
  };
  expect(restoredServer("slipway-production-drill", "rds:daily", as, { "slipway.stack": "production" })).toEqual({
    DBInstanceIdentifier: "slipway-production-drill",
    DBSnapshotIdentifier: "rds:daily",
    DBInstanceClass: "db.t4g.small",
    DBSubnetGroupName: "slipway-production",
    DBParameterGroupName: "slipway-production-17",
    VpcSecurityGroupIds: ["sg-0123456789abcdef0"],
    PubliclyAccessible: false,
    MultiAZ: false,
    DeletionProtection: false,
    CopyTagsToSnapshot: false,
    AutoMinorVersionUpgrade: false,
    Tags: [{ Key: "slipway.stack", Value: "production" }],
  });
});
