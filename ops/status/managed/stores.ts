import type { ReplicationGroup } from "@aws-sdk/client-elasticache";
import type { DBInstance, DBSnapshot } from "@aws-sdk/client-rds";
import type { Facts, Part } from "../report.ts";

/** RDS, ElastiCache and the snapshots as a look tells them. Pure. */

/** Words of RDS and ElastiCache for a server that answers while something else is done with it. */
const serves =
  /^(available|backing-up|modifying|snapshotting|storage-\w*optimization|storage-config-upgrade|configuring-.+)$/;
const broken = /fail|incompatible|inaccessible|storage-full|restore-error|stopp|delet/;

function storePart(part: string, name: string, status: string | undefined, says: Part["says"]): Part {
  const health = healthOf(status ?? "");
  return {
    part,
    container: name,
    workload: false,
    state: status === undefined ? "missing" : status === "stopped" ? "stopped" : "running",
    health,
    ageSeconds: null,
    restarts: 0,
    outOfMemory: false,
    exitCode: null,
    image: says["engine"] ?? "",
    memoryBytes: null,
    memoryLimitBytes: null,
    cpuPercent: null,
    errors: 0,
    lastErrors: [],
    says,
    ready: health === "unhealthy" ? false : null,
  };
}

function healthOf(status: string): string {
  if (serves.test(status)) return "healthy";
  return broken.test(status) ? "unhealthy" : "starting";
}

/** @param found undefined when there is none of that name */
export function databasePart(name: string, found: DBInstance | undefined): Part {
  const status = found?.DBInstanceStatus;
  const { Engine = "", EngineVersion = "", DBInstanceClass = "", MultiAZ = false, LatestRestorableTime } = found ?? {};
  return storePart("postgres", name, status, {
    ...(status !== undefined && {
      status,
      engine: `${Engine} ${EngineVersion}`,
      class: DBInstanceClass,
      "second zone": MultiAZ ? "yes" : "no",
      ...(LatestRestorableTime && { "any moment to restore until": LatestRestorableTime.toISOString() }),
      ...problem("RDS", status),
    }),
  });
}

/** @param found undefined when there is none of that name */
export function cachePart(name: string, found: ReplicationGroup | undefined): Part {
  const status = found?.Status;
  const { MemberClusters = [], CacheNodeType = "" } = found ?? {};
  return storePart("redis", name, status, {
    ...(status !== undefined && {
      status,
      engine: "redis",
      class: CacheNodeType,
      nodes: String(MemberClusters.length),
      ...problem("ElastiCache", status),
    }),
  });
}

function problem(who: string, status: string): Readonly<Record<string, string>> {
  return healthOf(status) === "unhealthy" ? { problem: `${who} says ${status}` } : {};
}

/** Those that can be restored, of backup points, by hand and RDS' own of each night. */
export function backupOf(snapshots: readonly DBSnapshot[], now: Date): NonNullable<Facts["backup"]> {
  const ready = snapshots
    .flatMap(({ DBSnapshotIdentifier: name = "", Status, SnapshotCreateTime: taken, AllocatedStorage = 0 }) =>
      Status === "available" && taken !== undefined ? [{ name, taken, gigabytes: AllocatedStorage }] : [],
    )
    .sort((a, b) => a.taken.getTime() - b.taken.getTime());
  const last = ready.at(-1);
  return {
    sets: ready.length,
    last:
      last === undefined
        ? null
        : {
            name: last.name,
            taken: last.taken.toISOString(),
            ageSeconds: Math.max(0, Math.round((now.getTime() - last.taken.getTime()) / 1000)),
            kilobytes: last.gigabytes * 1024 ** 2,
          },
  };
}
