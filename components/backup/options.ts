import { integer } from "../options/kinds.ts";
import { section, withDefault } from "../options/option.ts";

/** The backup points taken before each migration. */
export const backupOptions = section({
  // Three at least: a backup point, the release's own set and the emergency set of its undo belong together.
  // Guide 001, "Daily Automated Backup", keeps 30 days of daily sets.
  keep: withDefault("Number of backup sets kept; older ones are deleted.", integer(3, 3650, "sets", 30), 30),
});

/** Which of the data on the host serve. */
export const dataOptions = section({
  generation: withDefault(
    "Generation of the data volumes that serve. A restore makes the next one and writes it here; nobody else need.",
    integer(0, 100_000, "", 1),
    0,
  ),
});
