import { type DBSnapshot, RDS } from "@aws-sdk/client-rds";
import { snapshotsOf } from "./rds.ts";
import { ServerBusy, type Snapshot, type Snapshots } from "./snapshots.ts";

/** Of one server of RDS, by the credentials of whoever runs the step. @param server its identifier */
export function rdsSnapshots(region: string, server: string): Snapshots {
  const rds = new RDS({ region });
  return {
    async list() {
      return (await snapshotsOf(rds, { DBInstanceIdentifier: server, SnapshotType: "manual" })).map(snapshotOf);
    },
    async create(id, tags) {
      const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }));
      const wish = { DBInstanceIdentifier: server, DBSnapshotIdentifier: id, Tags };
      await rds.createDBSnapshot(wish).catch((error: unknown) => {
        if (error instanceof Error && /InvalidDBInstanceState/.test(error.name))
          throw new ServerBusy(error.message, { cause: error });
        throw error;
      });
    },
    async remove(id) {
      await rds.deleteDBSnapshot({ DBSnapshotIdentifier: id }).catch((error: unknown) => {
        if (!(error instanceof Error && /DBSnapshotNotFound/.test(error.name))) throw error;
      });
    },
  };
}

function snapshotOf({
  DBSnapshotIdentifier: id = "",
  Status = "",
  PercentProgress: percent = 0,
  AllocatedStorage: gigabytes = 0,
  TagList = [],
}: DBSnapshot): Snapshot {
  const tags = Object.fromEntries(TagList.map(({ Key = "", Value = "" }) => [Key, Value]));
  const state = Status === "available" ? "ready" : /fail|incompatible/.test(Status) ? "failed" : "coming";
  return { id, state, percent, gigabytes, tags };
}
