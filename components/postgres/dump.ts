import { createHash } from "node:crypto";
import { quote, script } from "../steps/shell.ts";
import {
  appRole,
  assertDatabaseName,
  identifier,
  literal,
  loginRole,
  maintenanceDatabase,
  ownerRole,
  templateDatabase,
} from "./roles.ts";
import { insideCa, postgresAlias, postgresPort, tlsEnv } from "./spec.ts";

/** Commands for a session of the PostgreSQL image, run as the owner role: see `ownerEnv`. Each may be killed anywhere and repeated. */

/** The whole content of a dump of a database with nothing in it but extensions. */
export const emptyDump = "slipway: an empty database";

/** Variables of a session or command that works on the database; with the password: a secret. Any uid will do. */
export function ownerEnv(
  database: string,
  password: string,
  host: string = postgresAlias,
): Readonly<Record<string, string>> {
  return {
    HOME: "/tmp",
    PGHOST: host,
    PGPORT: String(postgresPort),
    PGUSER: ownerRole(database),
    PGPASSWORD: password,
    PGDATABASE: database,
    ...tlsEnv,
    PGAPPNAME: "slipway",
    PGCONNECT_TIMEOUT: "10",
  };
}

/** The same inside the server's own container, whose trust lies elsewhere. */
export function ownerEnvInside(database: string, password: string): Readonly<Record<string, string>> {
  return { ...ownerEnv(database, password), PGHOST: "127.0.0.1", PGSSLROOTCERT: insideCa };
}

/** Several times as fast as pg_dump's own gzip, and no larger. `pg_restore` reads it from PostgreSQL 16 on. */
const compression = "zstd";

/** Connections that fill a database at once. No more than two: it is filled beside one that serves, by the same server. */
const restoreJobs = 2;

/** Dumps to a file that gets its name last, read to its end once: a half dump is never taken for a whole one. */
export function dumpDatabase(database: string, file: string): readonly string[] {
  assertDatabaseName(database);
  return quietScript(
    `part=${quote(`${file}.part`)}`,
    'rm -f "$part"',
    // A lock that a hung migration holds is told, not waited for without end.
    `pg_dump --format=custom --compress=${compression} --no-owner --no-privileges --lock-wait-timeout=60s --file="$part" --dbname=${quote(database)}`,
    'pg_restore --file=/dev/null "$part"',
    'pg_restore --list "$part" > "$part.list"',
    // grep's 1 means that no line is left, anything above a failure: that must never pass for an empty database.
    `kept=$(grep -cvE ${quote(`^;|^$|${extensionEntries}`)} "$part.list" || [ $? = 1 ])`,
    `if [ "$kept" = 0 ]; then printf '%s\\n' ${quote(emptyDump)} > "$part"; fi`,
    'rm -f "$part.list"',
    'sync "$part"',
    `mv -T "$part" ${quote(file)}`,
  );
}

/** Exits with 0 when a dump holds nothing but the marker of an empty database. */
export function isEmptyDump(file: string): readonly string[] {
  return quietScript(isEmpty(file));
}

/**
 * Puts a dump in the place of a database: restored beside it, then both renamed in one transaction, the old one dropped last. Until the
 * renaming nothing has changed; a repeat after it finds the old one under this dump's stamp and only drops it.
 */
export function restoreDatabase(file: string, database: string): readonly string[] {
  assertDatabaseName(database);
  const restored = `${database}_restoring`;
  const old = `${database}_before_${createHash("sha256").update(file).digest("hex").slice(0, 8)}`;
  return quietScript(
    `swapped=$(${sql(`SELECT count(*) FROM pg_database WHERE datname = ${literal(old)}`)})`,
    'if [ "$swapped" = 0 ]; then',
    ...restoreInto(file, restored),
    sql(`GRANT CONNECT ON DATABASE ${identifier(restored)} TO ${identifier(appRole(database))}`),
    sql(swap(database, restored, old)),
    "fi",
    `left=$(${sql(`SELECT datname FROM pg_database WHERE datname ~ ${literal(`^${database}_before_[0-9a-f]{8}$`)}`)})`,
    `for each in $left; do ${dropAtAllCosts('"DROP DATABASE \\"$each\\""')}; done`,
  );
}

/** A copy of a dump for a rehearsal, which the app's role cannot reach. One of the same name is replaced. */
export function rehearsalDatabase(file: string, name: string): readonly string[] {
  return quietScript(...restoreInto(file, name));
}

/** The same of the database as it is now, in one command: nothing is shared with the next one. */
export function rehearsalOfLive(database: string, name: string): readonly string[] {
  const file = "/tmp/live.dump";
  const [shell = "sh", flags = "", dump = ""] = dumpDatabase(database, file);
  return [shell, flags, [dump, ...restoreInto(file, name)].join("\n")];
}

/** Removes a database and ends who is connected to it; one that is not there is fine. */
export function dropDatabase(name: string): readonly string[] {
  return quietScript(drop(name));
}

/** From the template, which brings what the owner may not make: extensions, and the app's rights on every table to come. */
function restoreInto(file: string, name: string): readonly string[] {
  assertDatabaseName(name, 63);
  const dump = quote(file);
  return [
    // Before anything is dropped; a file that cannot be read would otherwise look like one that is not empty.
    `test -s ${dump}`,
    drop(name),
    sql(`CREATE DATABASE ${identifier(name)} TEMPLATE ${identifier(templateDatabase)}`),
    sql(`REVOKE ALL ON DATABASE ${identifier(name)} FROM PUBLIC`),
    `if ! ${isEmpty(file)}; then`,
    "  list=$(mktemp)",
    `  pg_restore --list ${dump} > "$list.all"`,
    // The comments on extensions are the superuser's; the product's own comments stay.
    `  grep -vE ${quote(extensionComments)} "$list.all" > "$list"`,
    `  pg_restore --jobs=${restoreJobs} --exit-on-error --no-owner --no-privileges --use-list="$list" --dbname=${quote(name)} ${dump}`,
    '  rm -f "$list" "$list.all"',
    // A restored database has no statistics: its first queries would be planned blindly.
    `  ${psql(name)} -c ANALYZE`,
    "fi",
  ];
}

/**
 * Ends who is connected and renames, in one transaction. The renaming locks new connections out; one that comes between the two is ended
 * by the next round. Others than owner and app (the health of a superuser's step) are waited for, 5 s a round.
 */
function swap(database: string, restored: string, old: string): string {
  const users = [ownerRole(database), loginRole(database, 0), loginRole(database, 1)].map(literal).join(", ");
  const others = `datname IN (${literal(database)}, ${literal(restored)}) AND usename IN (${users})`;
  return [
    "DO $swap$",
    "BEGIN",
    "  FOR round IN 1..20 LOOP",
    "    BEGIN",
    "      PERFORM pg_stat_clear_snapshot();",
    `      PERFORM pg_terminate_backend(pid) FROM pg_stat_activity WHERE ${others} AND pid <> pg_backend_pid();`,
    `      IF EXISTS (SELECT FROM pg_database WHERE datname = ${literal(database)}) THEN`,
    `        ALTER DATABASE ${identifier(database)} RENAME TO ${identifier(old)};`,
    "      END IF;",
    `      ALTER DATABASE ${identifier(restored)} RENAME TO ${identifier(database)};`,
    "      RETURN;",
    "    EXCEPTION WHEN object_in_use THEN",
    `      RAISE LOG 'renaming ${database}, round %: %', round, SQLERRM;`,
    "    END;",
    "  END LOOP;",
    `  RAISE EXCEPTION 'database ${database} is still in use after 20 rounds';`,
    "END",
    "$swap$",
  ].join("\n");
}

/** Lines of `pg_restore --list`: number; oids, kind, schema, name. */
const extensionComments = "^[0-9]+; [0-9]+ [0-9]+ COMMENT - EXTENSION ";
const extensionEntries = "^[0-9]+; [0-9]+ [0-9]+ (EXTENSION - |COMMENT - EXTENSION )";

function isEmpty(file: string): string {
  return `head -n 1 ${quote(file)} | grep -aqxF ${quote(emptyDump)}`;
}

function drop(name: string): string {
  assertDatabaseName(name, 63);
  return dropAtAllCosts(quote(`DROP DATABASE IF EXISTS ${identifier(name)}`));
}

/**
 * Whoever is connected is ended. Without FORCE first: FORCE is refused while an autovacuum is in the database, because that is a superuser's
 * process; without it PostgreSQL ends an autovacuum by itself and waits up to 5 s for the others.
 */
function dropAtAllCosts(statement: string): string {
  const ask = (text: string) => `${psql(maintenanceDatabase)} -c ${text}`;
  return `${ask(statement)} 2> /dev/null || ${ask(`${statement}' WITH (FORCE)'`)}`;
}

function sql(statement: string): string {
  return `${psql(maintenanceDatabase)} -c ${quote(statement)}`;
}

function psql(database: string): string {
  return `psql -XqAt -v ON_ERROR_STOP=1 -d ${database}`;
}

function quietScript(...lines: readonly string[]): readonly string[] {
  // Without this, `IF EXISTS` and an ANALYZE that skips the catalogs talk into every failure's last lines.
  return script("export PGOPTIONS='-c client_min_messages=error'", ...lines);
}
