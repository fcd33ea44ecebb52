import type { System } from "../systems/system.ts";
import type { Settings } from "./settings.ts";

type Wish = Pick<Settings, "environment" | "backup">;

/**
 * Whether the database's log is received. Where nothing is said, PostgreSQL's wherever others than its developer rely on the data; SQLite's where
 * config says so alone, because Litestream keeps tables of its own in the database.
 */
export function keepsLog({ database }: Pick<System, "database">, { environment, backup }: Wish): boolean {
  return backup.continuous ?? (environment !== "local" && database.kind === "postgres");
}
