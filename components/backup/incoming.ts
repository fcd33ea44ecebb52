import { quote, script } from "../steps/shell.ts";
import { type Commands, type DataSpec, databaseCopy, integrity, setsPath, verifySet } from "./spec.ts";

/** Data that Slipway did not write, becoming a set: whoever restores it then does so as any other. */

/** A file of SQLite, a custom-format dump, or SQL, which is loaded elsewhere and comes as a dump. */
export type BroughtKind = "sqlite" | "dump" | "sql";

/** In a set that is being made, until its database's own programs have read what lies there. */
export const incomingFolder = "incoming";

const names = { sqlite: "database.db", dump: "database.dump", sql: "database.sql" } as const;

/** Where in a set that is being made a brought database lies until it was read. */
export function incomingFile(kind: BroughtKind): string {
  return `${incomingFolder}/${names[kind]}`;
}

/** Reads a tar from its standard input into the set; what it makes is its own. */
export function receive(set: string): readonly string[] {
  return script(`tar -C ${quote(`${setsPath}/${set}.part`)} -xf -`);
}

/**
 * Makes the set's copy of the database from what was brought: SQLite copies its file with the log beside it, a dump is read to its end. What
 * cannot be read ends it. @param packed by gzip
 */
export function acceptDatabase(data: Pick<DataSpec, "database">, set: string, packed: boolean): Commands {
  const { kind } = data.database;
  const part = `${setsPath}/${set}.part`;
  const file = `${part}/${incomingFile(kind === "sqlite" ? "sqlite" : "dump")}`;
  const copy = databaseCopy(data, `${set}.part`);
  const unpack = packed ? [`gunzip ${quote(`${file}.gz`)}`] : [];
  const take =
    kind === "sqlite"
      ? [`sqlite3 -cmd '.timeout 10000' ${quote(file)} ${quote(`.backup '${copy}'`)}`, ...integrity(copy)]
      : [`pg_restore --file=/dev/null ${quote(file)}`, `mv -T ${quote(file)} ${quote(copy)}`];
  return [script(...unpack, ...take, `rm -rf ${quote(`${part}/${incomingFolder}`)}`)];
}

/** A set of another stack, received with its name as its folder, becomes this one's; the other's state and config stay where they are. */
export function acceptSet(from: string, set: string): Commands {
  const part = `${setsPath}/${set}.part`;
  return [
    script(
      ...verifySet(`${set}.part/${from}`),
      `cd ${quote(part)}`,
      // What is wanted of the other stack are its data.
      `rm -f ${quote(`${from}/stack.json`)} ${quote(`${from}/stack.yaml`)} ${quote(`${from}/SHA256SUMS`)}`,
      `find ${quote(from)} -mindepth 1 -maxdepth 1 -exec mv -t . {} +`,
      `rmdir ${quote(from)}`,
    ),
  ];
}
