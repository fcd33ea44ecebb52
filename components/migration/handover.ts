import { backupPath, type DataSpec, restoreSet, setsPath, takeSet } from "../backup/spec.ts";
import type { Mount } from "../container/spec.ts";
import { databaseUrl, migrationEnv, type SqliteDatabase, sqlCommand } from "../database/spec.ts";
import { quote, script } from "../steps/shell.ts";
import { fileAssertions, type SchemaSpec } from "./spec.ts";

export interface Handover {
  readonly data: DataSpec;
  readonly database: SqliteDatabase;
  readonly schema: SchemaSpec;
  /** Revisions beside the target that the code can work with. */
  readonly reads: readonly string[];
}

/** Stands in the scripts for the set's name, which has the time in it. */
const setPlace = "@set@";

/**
 * What goes before the one writer of a SQLite file in its own pod, when the writer before it has ended: last set, migration, proof; the set put
 * back when any of it fails. Nothing that was acknowledged is lost, because nothing is in between. Runs at every start of the pod: a schema that
 * is as wanted is left alone. Pure; the same commands as on a Docker host.
 */
export function handover({ data, database, schema, reads }: Handover): readonly string[] {
  const wanted = [schema.target, ...reads].map(quote).join("|");
  const lines = [
    `revision() { if [ -f ${quote(database.file)} ]; then ${words(sqlCommand(database, "live", [schema.revisionSql]))} 2>/dev/null || true; fi; }`,
    'now=$(revision); case "$now" in',
    `${wanted}) echo "the schema is at $now"; exit 0;; esac`,
    "set=$(date -u +%Y%m%dT%H%M%SZ)-before-migration",
    `mkdir -p ${setsPath}`,
    `in_set() { printf "%s" "$1" | sed "s/${setPlace}/$set/g" | sh -eu; }`,
    `in_set ${quote(takeSet(data, setPlace).map(last).join("\n"))}`,
    `if sh -euc ${quote(migrate(data, schema).join("\n"))}; then exit 0; fi`,
    `if in_set ${quote(restoreSet(data, setPlace, "root").map(last).join("\n"))}; then`,
    '  echo "the migration failed; the data are those of $set again" >&2',
    'else echo "the migration failed, and so did putting back $set, which is whole" >&2; fi',
    "exit 1",
  ];
  return script(...lines);
}

/** What of the set's volume the handover needs. */
export function handoverMounts({ backupVolume }: DataSpec): readonly Mount[] {
  return [{ volume: backupVolume, path: backupPath }];
}

function migrate({ database }: DataSpec, schema: SchemaSpec): readonly string[] {
  const env = {
    ...migrationEnv(database, "live"),
    ...schema.env,
    [schema.variable]: databaseUrl(schema.url, database, {}, "live"),
  };
  const answers = [
    { name: "the revision", sql: schema.revisionSql, expect: schema.target },
    ...fileAssertions(database),
    ...schema.assertions,
  ];
  return [
    `cd ${quote(schema.workingDir)}`,
    ...Object.entries(env).map(([name, value]) => `export ${name}=${quote(value)}`),
    words(schema.upgrade),
    ...answers.map(({ name, sql, expect }) => {
      const wrong = `schema assertion ${name}: wanted ${expect}, got `;
      return `got=$(${words(sqlCommand(database, "live", [sql]))}); [ "$got" = ${quote(expect)} ] || { printf '%s%s\\n' ${quote(wrong)} "$got" >&2; exit 1; }`;
    }),
  ];
}

function words(argv: readonly string[]): string {
  return argv.map(quote).join(" ");
}

/** The text of `sh -euc text`, as `script` writes it. */
function last(argv: readonly string[]): string {
  return argv.at(-1) ?? "";
}
