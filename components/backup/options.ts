import { flag, integer } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";

/** The backup points taken before each migration. */
export const backupOptions = section({
  // Three at least: a backup point, the release's own set and the emergency set of its undo belong together.
  // Guide 001, "Daily Automated Backup", keeps 30 days of daily sets.
  keep: withDefault("Number of backup sets kept; older ones are deleted.", integer(3, 3650, "sets", 30), 30),
  continuous: optional(
    "Whether the database's log is received as it is written: any moment can be restored. PostgreSQL's by its own programs, SQLite's by Litestream, which makes two tables of its own in the database.",
    flag,
    "true for PostgreSQL on staging and production; else false",
  ),
  windowDays: withDefault(
    "Days of which any moment can be restored, with continuous.",
    integer(1, 3650, "days", 30),
    30,
  ),
  baseHours: withDefault(
    "Hours between two base backups of PostgreSQL: a restore replays at most the log of so many.",
    integer(1, 720, "hours", 24),
    24,
  ),
  slotMb: withDefault(
    "Megabytes of its log that PostgreSQL keeps at most while nobody receives it; beyond that the archive begins anew, with a gap.",
    integer(64, 10_000_000, "megabytes", 4096),
    4096,
  ),
});

/** Which of the data on the host serve. */
export const dataOptions = section({
  generation: withDefault(
    "Generation of the data volumes that serve. A restore makes the next one and writes it here; nobody else need.",
    integer(0, 100_000, "", 1),
    0,
  ),
});
