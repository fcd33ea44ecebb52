import { type DBInstance, RDS, type RestoreDBInstanceFromDBSnapshotMessage } from "@aws-sdk/client-rds";
import { instanceOf, snapshotsOf, unlessGone } from "./rds.ts";
import type { Original, Servers } from "./servers.ts";

/** Servers of RDS, by the credentials of whoever asks. */
export function rdsServers(region: string): Servers {
  const rds = new RDS({ region });
  return {
    async snapshots(server) {
      const all = await snapshotsOf(rds, { DBInstanceIdentifier: server });
      return all.flatMap(({ DBSnapshotIdentifier: id = "", Status, SnapshotCreateTime: taken }) =>
        Status === "available" && taken !== undefined ? [{ id, taken }] : [],
      );
    },
    async original(server) {
      const is = await instanceOf(rds, server);
      return is === undefined ? undefined : originalOf(is);
    },
    async restore(server, snapshot, as, tags) {
      await rds.restoreDBInstanceFromDBSnapshot(restoredServer(server, snapshot, as, tags));
    },
    async state(server) {
      const is = await instanceOf(rds, server);
      if (is === undefined) return undefined;
      return { status: is.DBInstanceStatus ?? "", address: is.Endpoint?.Address };
    },
    async remove(server) {
      const asked = { DBInstanceIdentifier: server, SkipFinalSnapshot: true, DeleteAutomatedBackups: true };
      await rds.deleteDBInstance(asked).catch(unlessGone);
    },
  };
}

/** A server of a snapshot beside the one that serves: as private as that, never in a second zone, gone without ceremony. */
export function restoredServer(
  server: string,
  snapshot: string,
  as: Original,
  tags: Readonly<Record<string, string>>,
): RestoreDBInstanceFromDBSnapshotMessage {
  return {
    DBInstanceIdentifier: server,
    DBSnapshotIdentifier: snapshot,
    DBInstanceClass: as.instanceClass,
    DBSubnetGroupName: as.subnetGroup,
    DBParameterGroupName: as.parameterGroup,
    VpcSecurityGroupIds: [...as.groups],
    PubliclyAccessible: false,
    MultiAZ: false,
    DeletionProtection: false,
    CopyTagsToSnapshot: false,
    AutoMinorVersionUpgrade: false,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  };
}

function originalOf(is: DBInstance): Original {
  return {
    instanceClass: is.DBInstanceClass ?? "",
    subnetGroup: is.DBSubnetGroup?.DBSubnetGroupName,
    parameterGroup: is.DBParameterGroups?.[0]?.DBParameterGroupName,
    groups: (is.VpcSecurityGroups ?? []).flatMap(({ VpcSecurityGroupId: id }) => id ?? []),
    restorableUntil: is.LatestRestorableTime,
  };
}
