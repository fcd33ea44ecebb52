import type { Mount } from "../container/spec.ts";
import { type Database, rehearsalFile, rehearsalName, trustOf } from "../database/spec.ts";
import { dropDatabase, dumpDatabase, rehearsalDatabase, rehearsalOfLive, restoreDatabase } from "../postgres/dump.ts";
import { quote, script } from "../steps/shell.ts";
import { stampOf } from "../steps/stamp.ts";
import { copyBack, copyInto, type Directory, type FolderOwner } from "./directories.ts";

/** What a system's data is and how its sets are kept: all that a backup, a rehearsal, a restore needs to know. Plain data. */
export interface DataSpec {
  /** The product's own image; for SQLite with sqlite3 in it (guide 000, "3.1 Dockerfile Updates"). */
  readonly image: string;
  readonly user: string;
  readonly mounts: readonly Mount[];
  readonly backupVolume: string;
  readonly database: Database;
  /** Directories that belong to the same set: vectors, licenses. */
  readonly directories: readonly Directory[];
  /** How many sets stay; older ones are removed when a new one is complete. */
  readonly keep: number;
}

/** Commands that run one after another in a session that sees the data and the sets. */
export type Commands = readonly (readonly string[])[];

export const backupsVolume = "backups";
export const backupPath = "/backup";
export const setsPath = `${backupPath}/sets`;
const copyOf = { sqlite: "database.db", postgres: "database.dump" } as const;
/** Marks a set taken before there was a database: restoring it means having none. */
const noDatabase = "no-database";

/** A set's name: its time first, so that names sort by age. */
export function setName(now: Date, purpose: string): string {
  return `${stampOf(now)}-${purpose}`;
}

/** All mounts of a session that works on the live data and the sets, and what it needs to verify a server. */
export function backupMounts(data: DataSpec): readonly Mount[] {
  return [...data.mounts, { volume: data.backupVolume, path: backupPath }, ...trustOf(data.database)];
}

/** A session that sees the sets and nothing else. */
export function readerRequest(data: DataSpec) {
  return {
    image: data.database.kind === "postgres" ? data.database.image : data.image,
    user: data.user,
    env: {},
    mounts: [{ volume: data.backupVolume, path: backupPath, readOnly: true }],
    network: [],
    memoryMb: 256,
  };
}

/**
 * Takes a set: the database by its own means (SQLite's backup API, because a copy of a file in WAL mode is torn; pg_dump), proved, the
 * directories by copy, a checksum over all. The set gets its name last, so that a half one is never taken for a whole one.
 */
export function takeSet(data: DataSpec, set: string): Commands {
  const { begin, database, copies, finish } = piecesOf(data, set);
  if (data.database.kind === "postgres") {
    const dump = `${setsPath}/${set}.part/${copyOf.postgres}`;
    return [script(...begin), dumpDatabase(data.database.name, dump), script(partOf(set), ...copies, ...finish)];
  }
  return [script(...begin, ...database, ...copies, ...finish)];
}

/** The same in pieces, for who puts more into a set: what must be of one moment is in `copyLive` alone. */
export function takePieces(data: DataSpec, set: string): { readonly [K in "begin" | "copyLive" | "finish"]: Commands } {
  const { begin, database, copies, finish } = piecesOf(data, set);
  const part = partOf(set);
  const live =
    data.database.kind === "postgres"
      ? [dumpDatabase(data.database.name, databaseCopy(data, `${set}.part`)), script(part, ...copies)]
      : [script(part, ...database, ...copies)];
  return { begin: [script(...begin)], copyLive: live, finish: [script(part, ...finish)] };
}

/** Where a set's copy of the database is. */
export function databaseCopy({ database }: Pick<DataSpec, "database">, set: string): string {
  return `${setsPath}/${set}/${copyOf[database.kind]}`;
}

function partOf(set: string): string {
  return `part=${quote(`${setsPath}/${set}.part`)}`;
}

function piecesOf(data: DataSpec, set: string) {
  const to = `${setsPath}/${set}`;
  const { database, directories, keep } = data;
  return {
    // One lease, one writer of sets: every other half set was left by a kill.
    begin: [
      partOf(set),
      `if [ -e ${quote(to)} ]; then echo 'there is a set of this name already: the clock went back' >&2; exit 1; fi`,
      `rm -rf ${setsPath}/*.part; mkdir -p "$part"`,
    ],
    database:
      database.kind === "postgres"
        ? []
        : [
            `if [ -f ${quote(database.file)} ]; then`,
            `  sqlite3 -cmd '.timeout 10000' ${quote(database.file)} ".backup '$part/${copyOf.sqlite}'"`,
            ...integrity(`$part/${copyOf.sqlite}`),
            `else touch "$part/${noDatabase}"; fi`,
          ],
    copies: directories.flatMap((directory) => copyInto("$part", directory, database)),
    finish: [
      '(cd "$part" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)',
      'sync -f "$part"',
      `mv -T "$part" ${quote(to)}`,
      `du -sk ${quote(to)} | cut -f1`,
      // So many of the newest up to this one. Those of a later name are of a clock that was ahead: they neither go nor push others out.
      `ls -1 ${setsPath} | sort -r | sed -n ${quote(`/^${set}$/,$p`)} | tail -n +${keep + 1} | sed ${quote(`s|^|${setsPath}/|`)} | xargs -r rm -rf`,
    ],
  };
}

/** Puts a set back over the live data after checking it; the writer must be stopped. Stale -wal and -shm never survive. Safe to repeat. */
export function restoreSet(data: DataSpec, set: string, owner: FolderOwner = "user"): Commands {
  const from = `${setsPath}/${set}`;
  const { database } = data;
  const directories = data.directories.flatMap((directory) =>
    copyBack(`${from}/${directory.name}`, directory, database, owner),
  );
  if (database.kind === "postgres") {
    const restored = restoreDatabase(`${from}/${copyOf.postgres}`, database.name);
    return [script(...verifySet(set)), restored, ...(directories.length > 0 ? [script(...directories)] : [])];
  }
  const { file } = database;
  return [
    script(
      ...verifySet(set),
      `rm -f ${["-wal", "-shm", "-journal"].map((suffix) => quote(`${file}${suffix}`)).join(" ")}`,
      `if [ -f ${quote(`${from}/${noDatabase}`)} ]; then rm -f ${quote(file)}; else`,
      `  cp ${quote(`${from}/${copyOf.sqlite}`)} ${quote(`${file}.restoring`)}`,
      ...integrity(`${file}.restoring`),
      `  mv ${quote(`${file}.restoring`)} ${quote(file)}; fi`,
      ...directories,
    ),
  ];
}

/** The set's database as a copy for a rehearsal; a set without one gives an empty place. */
export function copyDatabase(data: DataSpec, set: string): Commands {
  const from = `${setsPath}/${set}`;
  if (data.database.kind === "postgres") {
    // Its set is a snapshot, which no command opens.
    if (data.database.host !== undefined) return [rehearsalOfLive(data.database.name, rehearsalName)];
    return [script(...verifySet(set)), rehearsalDatabase(`${from}/${copyOf.postgres}`, rehearsalName)];
  }
  return [
    script(
      ...verifySet(set),
      `mkdir -p "$(dirname ${quote(rehearsalFile)})"`,
      `rm -f ${quote(rehearsalFile)}`,
      `if [ -f ${quote(`${from}/${copyOf.sqlite}`)} ]; then cp ${quote(`${from}/${copyOf.sqlite}`)} ${quote(rehearsalFile)}; fi`,
    ),
  ];
}

/** Removes the copy of a rehearsal; one that is not there is fine. */
export function removeCopy(data: DataSpec): Commands {
  if (data.database.kind === "postgres") return [dropDatabase(rehearsalName)];
  return [script(`rm -rf "$(dirname ${quote(rehearsalFile)})"`)];
}

/** Every byte is as it was written, and no file is there that the list does not name: a list that was cut off would pass for a shorter set. */
export function verifySet(set: string): readonly string[] {
  return [
    `cd ${quote(`${setsPath}/${set}`)}`,
    "test -s SHA256SUMS",
    "sha256sum --quiet -c SHA256SUMS",
    `[ "$(find . -type f ! -name SHA256SUMS | wc -l)" -eq "$(wc -l < SHA256SUMS)" ] || { echo 'SHA256SUMS does not name every file of the set' >&2; exit 1; }`,
  ];
}

/** Lines that end a script when SQLite finds a fault in the file. */
export function integrity(file: string): readonly string[] {
  return [
    `  found=$(sqlite3 "${file}" 'PRAGMA integrity_check')`,
    '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
  ];
}
