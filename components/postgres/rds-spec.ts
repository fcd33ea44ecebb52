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
