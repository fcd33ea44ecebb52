import type { Place } from "../container/spec.ts";
import { countDump, countTables } from "../postgres/counts.ts";
import type { SessionRunner } from "../steps/runner.ts";
import { quote, script } from "../steps/shell.ts";
import { parseCounts } from "./manifest.ts";
import { type DataAccess, withData } from "./sets.ts";
import { type DataSpec, databaseCopy } from "./spec.ts";

/** Counts the rows of a set's database, in the set; a set that was taken before there was a database has none. */
export function countSet(data: DataSpec, set: string): readonly string[] {
  const file = databaseCopy(data, set);
  return data.database.kind === "postgres" ? countDump(file) : countFile(file);
}

/** The same of a file of SQLite: lines of a table's name, a tab and its number of rows. */
export function countFile(file: string): readonly string[] {
  const each = `'SELECT ' || quote(name) || ' || char(9) || count(*) FROM "' || replace(name, '"', '""') || '";'`;
  const questions = `SELECT ${each} FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name NOT LIKE '_litestream_%' ORDER BY name`;
  return script(
    `if [ -f ${quote(file)} ]; then`,
    `  questions=$(sqlite3 -bail ${quote(file)} ${quote(questions)})`,
    `  sqlite3 -bail ${quote(file)} "$questions"`,
    "fi",
  );
}

/** Of the data that serve. */
export async function countLive(
  runner: SessionRunner,
  place: Place,
  access: DataAccess,
): Promise<Readonly<Record<string, number>>> {
  const { database } = access.data;
  const argv = database.kind === "postgres" ? countTables() : countFile(database.file);
  return withData(runner, place, "count", access, async (session) =>
    parseCounts(await session.must("counting the rows", { argv })),
  );
}
