import type { System } from "../systems/system.ts";
import { problemOf } from "./finding.ts";
import { ConfigError } from "./load.ts";
import type { Settings } from "./settings.ts";

type Wish = Pick<Settings, "environment" | "backup">;

/** Whether PostgreSQL's log is received: where nothing is said, wherever others than its developer rely on the data. */
export function keepsLog({ database }: Pick<System, "database">, { environment, backup }: Wish): boolean {
  return backup.continuous ?? (environment !== "local" && database.kind === "postgres");
}

/**
 * Only here the system's database is known.
 * @throws ConfigError before any resource is made
 */
export function assertContinuous(system: Pick<System, "database">, settings: Wish & Pick<Settings, "stack">): void {
  if (system.database.kind === "postgres" || settings.backup.continuous !== true) return;
  const path = ["backup", "continuous"];
  const allowed =
    "false: this system keeps its rows in SQLite, which has no log that could be received; `npm run backup` as often as you like takes sets of it";
  const problem = problemOf({ path, value: "true", allowed, mends: [{ do: "remove", path }] }, settings.stack);
  throw new ConfigError([problem]);
}
