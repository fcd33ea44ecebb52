import type { System } from "../systems/system.ts";
import type { Settings } from "./settings.ts";

/** Of a system what decides. */
export interface WithDatabase {
  readonly database: Pick<System["database"], "kind">;
}

type Wish = Pick<Settings, "environment" | "backup" | "offsite">;

/**
 * Whether the database's log is received. Where nothing is said, PostgreSQL's wherever others than its developer rely on the data; SQLite's where
 * config says so alone, because Litestream keeps tables of its own in the database. Who sends a log off the host wants one.
 */
export function keepsLog({ database }: WithDatabase, { environment, backup, offsite }: Wish): boolean {
  return backup.continuous ?? (offsite.continuous || (environment !== "local" && database.kind === "postgres"));
}

/** Whether what is received is copied off the host as well, as it grows. */
export function sendsLog(system: WithDatabase, settings: Wish): boolean {
  return settings.offsite.continuous && keepsLog(system, settings);
}
