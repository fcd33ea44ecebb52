import type { Mount } from "../container/spec.ts";

/** What a system's data is and how its sets are kept: all that a backup, a rehearsal, a restore needs to know. Plain data. */
export interface DataSpec {
  /** An image with a shell, coreutils and sqlite3: the product's own (guide 000, "3.1 Dockerfile Updates"). */
  readonly image: string;
  readonly user: string;
  readonly mounts: readonly Mount[];
  readonly backupVolume: string;
  readonly database: { readonly file: string };
  /** Directories that belong to the same set: vectors, licenses. */
  readonly directories: readonly { readonly name: string; readonly path: string }[];
  /** How many sets stay; older ones are removed when a new one is complete. */
  readonly keep: number;
}

export const backupsVolume = "backups";
export const backupPath = "/backup";
export const setsPath = `${backupPath}/sets`;
const databaseCopy = "database.db";
/** Marks a set taken before there was a database: restoring it means having none. */
const noDatabase = "no-database";

/** A set's name: its time first, so that names sort by age. */
export function setName(now: Date, purpose: string): string {
  return `${now.toISOString().replace(/[-:]/g, "").replace(/\.\d+/, "")}-${purpose}`;
}

/** All mounts of a session that works on the live data and the sets. */
export function backupMounts(data: DataSpec): readonly Mount[] {
  return [...data.mounts, { volume: data.backupVolume, path: backupPath }];
}

/**
 * Takes a set: the database by SQLite's backup API (a file copy of a database in WAL mode is torn), proved by integrity_check, the
 * directories by copy, a checksum over all. The set gets its name last, so that a half one is never taken for a whole one.
 */
export function takeSet(data: DataSpec, set: string): readonly string[] {
  const to = `${setsPath}/${set}`;
  return script(
    `part=${quote(`${to}.part`)}`,
    // One lease, one writer of sets: every other half set was left by a kill.
    `rm -rf ${setsPath}/*.part; mkdir -p "$part"`,
    `if [ -f ${quote(data.database.file)} ]; then`,
    `  sqlite3 -cmd '.timeout 10000' ${quote(data.database.file)} ".backup '$part/${databaseCopy}'"`,
    ...integrity(`$part/${databaseCopy}`),
    `else touch "$part/${noDatabase}"; fi`,
    ...data.directories.flatMap(({ name, path }) => [
      `mkdir "$part/${name}"`,
      `if [ -d ${quote(path)} ]; then cp -a ${quote(path)}/. "$part/${name}/"; fi`,
    ]),
    '(cd "$part" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)',
    'sync -f "$part"',
    `mv -T "$part" ${quote(to)}`,
    `du -sk ${quote(to)} | cut -f1`,
    // By age of name, but never the one just taken: a clock that went back must not delete it.
    `ls -1 ${setsPath} | grep -vxF ${quote(set)} | sort -r | tail -n +${data.keep} | sed ${quote(`s|^|${setsPath}/|`)} | xargs -r rm -rf`,
  );
}

/** Puts a set back over the live data after checking it; the writer must be stopped. Stale -wal and -shm never survive. Safe to repeat. */
export function restoreSet(data: DataSpec, set: string): readonly string[] {
  const from = `${setsPath}/${set}`;
  const file = data.database.file;
  return script(
    ...verifySet(set),
    `rm -f ${["-wal", "-shm", "-journal"].map((suffix) => quote(`${file}${suffix}`)).join(" ")}`,
    `if [ -f ${quote(`${from}/${noDatabase}`)} ]; then rm -f ${quote(file)}; else`,
    `  cp ${quote(`${from}/${databaseCopy}`)} ${quote(`${file}.restoring`)}`,
    ...integrity(`${file}.restoring`),
    `  mv ${quote(`${file}.restoring`)} ${quote(file)}; fi`,
    ...data.directories.flatMap(({ name, path }) => [
      // A directory of the set may be mounted below another: emptied, not removed.
      `if [ -d ${quote(path)} ]; then find ${quote(path)} -mindepth 1 -delete; cp -a ${quote(`${from}/${name}`)}/. ${quote(path)}/; fi`,
    ]),
  );
}

/** A copy of the set's database for a rehearsal; a set without one gives an empty place. */
export function copyDatabase(set: string, file: string): readonly string[] {
  const from = `${setsPath}/${set}`;
  return script(
    ...verifySet(set),
    `mkdir -p "$(dirname ${quote(file)})"`,
    `rm -f ${quote(file)}`,
    `if [ -f ${quote(`${from}/${databaseCopy}`)} ]; then cp ${quote(`${from}/${databaseCopy}`)} ${quote(file)}; fi`,
  );
}

function verifySet(set: string): readonly string[] {
  return [`cd ${quote(`${setsPath}/${set}`)}`, "test -s SHA256SUMS", "sha256sum --quiet -c SHA256SUMS"];
}

function integrity(file: string): readonly string[] {
  return [
    `  found=$(sqlite3 "${file}" 'PRAGMA integrity_check')`,
    '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
  ];
}

function script(...lines: readonly string[]): readonly string[] {
  return ["sh", "-euc", lines.join("\n")];
}

/** For the shell: everything between single quotes is itself. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
