import type { Mount, NetworkPlace } from "../container/spec.ts";
import { ownerEnv } from "../postgres/dump.ts";
import { ownerRole } from "../postgres/roles.ts";
import { postgresAlias, postgresPort, tlsEnv, tlsQuery } from "../postgres/spec.ts";

/** Where a system keeps its rows. Plain data; passwords come beside it, see `DatabaseSecrets`. */
export type Database = SqliteDatabase | PostgresDatabase;

export interface SqliteDatabase {
  readonly kind: "sqlite";
  /** Absolute path inside the workload. */
  readonly file: string;
}

/** On the stack's own server; migrations and sets run as the role that owns it. */
export interface PostgresDatabase {
  readonly kind: "postgres";
  readonly name: string;
  /** For psql, pg_dump and pg_restore: the server's own image, so that versions agree. */
  readonly image: string;
  readonly network: string;
  /** Name of a server that somebody else runs: its master is no superuser, and a rehearsal copies the database as it is. @default the stack's own */
  readonly host?: string;
  /** With the CA that signed the server's certificate; of every session and workload that reaches it. */
  readonly trust: Mount;
}

/** `PGPASSWORD` of the owner; empty for SQLite. */
export type DatabaseSecrets = Readonly<Record<string, string>>;

/** Which database of the same server or volume: the live one, or a throw-away copy for a rehearsal. */
export type Copy = "live" | "rehearsal";

export const rehearsalFile = "/backup/rehearsal/copy/database.db";
export const rehearsalName = "slipway_rehearsal";

/**
 * A database's address as the product's variable wants it: `{file}`, or `{user}`, `{password}`, `{host}`, `{port}`, `{name}` in the template.
 * A server's gets the query by which clients verify it, as the app's own address has it.
 */
export function databaseUrl(template: string, database: Database, secrets: DatabaseSecrets, copy: Copy): string {
  const values: Record<string, string> =
    database.kind === "sqlite"
      ? { file: copy === "live" ? database.file : rehearsalFile }
      : {
          user: ownerRole(database.name),
          password: encodeURIComponent(secrets["PGPASSWORD"] ?? ""),
          host: database.host ?? postgresAlias,
          port: String(postgresPort),
          name: copy === "live" ? database.name : rehearsalName,
        };
  const address = template.replace(/\{(\w+)\}/g, (whole, key: string) => values[key] ?? whole);
  return database.kind === "sqlite" ? address : `${address}${template.includes("?") ? "&" : "?"}${tlsQuery}`;
}

/** psql or sqlite3 with its questions as arguments. Errors end it: a question that failed has no answer. */
export function sqlCommand(database: Database, copy: Copy, statements: readonly string[]): readonly string[] {
  if (database.kind === "sqlite") {
    return ["sqlite3", "-bail", copy === "live" ? database.file : rehearsalFile, ...statements];
  }
  const name = copy === "live" ? database.name : rehearsalName;
  return ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-d", name, ...statements.flatMap((each) => ["-c", each])];
}

/** A statement that prints a mark between two answers. */
export function mark(database: Pick<Database, "kind">, text: string): string {
  return database.kind === "sqlite" ? `.print "${text}"` : `\\echo ${text}`;
}

/** The environment of the database's own programs, in a session that reaches it. */
export function clientEnv(database: Database, secrets: DatabaseSecrets): Readonly<Record<string, string>> {
  return database.kind === "sqlite" ? {} : ownerEnv(database.name, secrets["PGPASSWORD"] ?? "", database.host);
}

/**
 * Settings of a migration's sessions, for every client that uses libpq: a statement gives up its place in the line for a lock before it
 * blocks the app behind it; on a copy the server logs every statement, for the lint. And whom it trusts.
 */
export function migrationEnv(database: Database, copy: Copy): Readonly<Record<string, string>> {
  if (database.kind === "sqlite") return {};
  // Which a server that is not the stack's own lets nobody set.
  const logging = copy === "rehearsal" && database.host === undefined ? " -c log_statement=all" : "";
  return { PGOPTIONS: `-c lock_timeout=2s${logging}`, ...tlsEnv };
}

/** What a client of a server must have mounted to verify it. */
export function trustOf(database: Database): readonly Mount[] {
  return database.kind === "sqlite" ? [] : [database.trust];
}

/** Only a server is reached by network; a file is mounted. */
export function networkTo(database: Database): readonly NetworkPlace[] {
  return database.kind === "sqlite" ? [] : [{ name: database.network, aliases: [] }];
}
