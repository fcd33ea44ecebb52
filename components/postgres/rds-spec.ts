import { stackName } from "../fargate/address.ts";
import type { Tier } from "../options/tier.ts";
import { connectionsNeeded, tierConnections } from "./config.ts";

/** PostgreSQL as RDS runs it, as plain data: what the stack's own server says in postgresql.conf stands here in a parameter group. */
export interface RdsWish {
  readonly tier: Tier;
  /** What all replicas of one release of the system hold at most. */
  readonly connections: number;
}

/** Family of the parameter group; the same major version as our image's, whose pg_dump must not be older than the server. */
export const rdsVersion = "17";
export const rdsFamily = `postgres${rdsVersion}`;

/** What a server of a tier is: processors and memory by the class, GB of gp3 to begin with. */
export const rdsSizes: Readonly<Record<Tier, { readonly instanceClass: string; readonly storageGb: number }>> = {
  small: { instanceClass: "db.t4g.small", storageGb: 20 },
  medium: { instanceClass: "db.m7g.large", storageGb: 60 },
  large: { instanceClass: "db.m7g.xlarge", storageGb: 120 },
};

export interface RdsParameter {
  readonly name: string;
  readonly value: string;
  /** `pending-reboot`: AWS takes it up in the maintenance window. */
  readonly applyMethod: "immediate" | "pending-reboot";
}

/** The server's `max_connections`: the tier's, or more when the system's processes need more. */
export function rdsConnections({ tier, connections }: RdsWish): number {
  return Math.max(tierConnections[tier], connectionsNeeded(connections));
}

/**
 * Guide 002, "Network Security" and "2.2 Configure PostgreSQL": TLS alone, scram and never md5, who comes and goes is logged, what changes the
 * schema too; memory is RDS' own to set, by the class.
 */
export function rdsParameters(wish: RdsWish): readonly RdsParameter[] {
  const now = (name: string, value: string) => ({ name, value, applyMethod: "immediate" as const });
  const later = (name: string, value: string) => ({ name, value, applyMethod: "pending-reboot" as const });
  return [
    now("rds.force_ssl", "1"),
    now("ssl_min_protocol_version", "TLSv1.2"),
    now("password_encryption", "scram-sha-256"),
    now("rds.accepted_password_auth_method", "scram"),
    now("log_connections", "1"),
    now("log_disconnections", "1"),
    now("log_statement", "ddl"),
    now("log_lock_waits", "1"),
    now("timezone", "UTC"),
    later("max_connections", String(rdsConnections(wish))),
  ];
}

/** Days of which any moment can be restored: RDS keeps 35 at most, and 0 would be no backup at all. */
export function retentionDays(windowDays: number): number {
  return Math.min(35, Math.max(1, windowDays));
}

/** Which of a stack's servers serves, and from what the newest was made. */
export interface Generations {
  /** 0: the first one, which begins empty. */
  readonly serves: number;
  /** Older ones are gone. @default none is */
  readonly oldest?: number | undefined;
  /** ISO 8601, a moment of the window; with neither this nor a snapshot the newest that RDS has. */
  readonly time?: string | undefined;
  /** Identifier of a snapshot, e.g. of a backup point. */
  readonly snapshot?: string | undefined;
}

/** A server of the stack, as RDS calls it and as the program does. */
export interface RdsServer {
  readonly generation: number;
  readonly identifier: string;
  readonly name: string;
}

/** Each restore makes the next one, beside those that are there: none goes by an update. The last one serves. */
export function rdsServers(stack: string, name: string, { serves, oldest = 0 }: Generations): readonly RdsServer[] {
  const first = Math.min(Math.max(0, oldest), serves);
  return Array.from({ length: serves - first + 1 }, (_, at) => {
    const generation = first + at;
    const own = generation === 0 ? "" : `-g${generation}`;
    return { generation, identifier: `${stackName(stack)}${own}`, name: `${name}${own}` };
  });
}

/** What a server begins with, as RDS takes it: nothing, or the data of the one before. */
export function beginning(stack: string, { generation }: RdsServer, { time, snapshot }: Generations) {
  if (generation === 0) return {};
  if (snapshot !== undefined) return { snapshotIdentifier: snapshot };
  const before = generation === 1 ? stackName(stack) : `${stackName(stack)}-g${generation - 1}`;
  const moment = time === undefined ? { useLatestRestorableTime: true } : { restoreTime: time };
  return { restoreToPointInTime: { sourceDbInstanceIdentifier: before, ...moment } };
}
