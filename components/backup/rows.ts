import { countDump } from "../postgres/counts.ts";
import { quote, script } from "../steps/shell.ts";
import { type DataSpec, databaseCopy } from "./spec.ts";

/** Counts the rows of a set's database, in the set; a set that was taken before there was a database has none. */
export function countSet(data: DataSpec, set: string): readonly string[] {
  const file = databaseCopy(data, set);
  return data.database.kind === "postgres" ? countDump(file) : countFile(file);
}

/** The same of a file of SQLite: lines of a table's name, a tab and its number of rows. */
export function countFile(file: string): readonly string[] {
  const each = `'SELECT ' || quote(name) || ' || char(9) || count(*) FROM "' || replace(name, '"', '""') || '";'`;
  const questions = `SELECT ${each} FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`;
  return script(
    `if [ -f ${quote(file)} ]; then`,
    `  questions=$(sqlite3 -bail ${quote(file)} ${quote(questions)})`,
    `  sqlite3 -bail ${quote(file)} "$questions"`,
    "fi",
  );
}
