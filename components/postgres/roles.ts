/** The roles of the one database, as SQL that can run again and again. Pure text; passwords are psql variables, see roles.step.ts. */

export const superuser = "postgres";
/** The database from which the owner, who may not create extensions, makes new ones: rehearsals and restores. */
export const templateDatabase = "slipway_template";
/** Where the owner connects to make, rename and drop databases. */
export const maintenanceDatabase = "postgres";

const extensions = ["vector", "pg_trgm", "uuid-ossp"];

const taken = [superuser, templateDatabase, "template0", "template1"];

/**
 * Refuses names that would need quoting somewhere.
 * @param longest 40 for a system's database, which leaves room for `_before_` and a stamp; PostgreSQL's own limit is 63
 */
export function assertDatabaseName(name: string, longest = 40): void {
  if (/^[a-z][a-z0-9_]*$/.test(name) && name.length <= longest && !taken.includes(name)) return;
  throw new Error(
    `database ${JSON.stringify(name)}: allowed are 1 to ${longest} small letters, digits and _, a letter first, none of ${taken.join(", ")}`,
  );
}

/** Migrates, dumps and restores; owns the database and, through it, schema public. */
export function ownerRole(database: string): string {
  return `${database}_owner`;
}

/** Reads and writes rows; makes, truncates and drops nothing. Holds the app's rights, and is its login until its password is first changed. */
export function appRole(database: string): string {
  return `${database}_app`;
}

/**
 * Who the app logs in as. A role has one password, so a changed one comes with the other of two roles: the release that serves keeps its own
 * until the next one is proved. @param generation of the password, from 0
 */
export function loginRole(database: string, generation: number): string {
  return generation % 2 === 0 ? appRole(database) : `${appRole(database)}_b`;
}

/** A name as SQL takes it whatever is in it; a quote within is doubled. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** With standard_conforming_strings, PostgreSQL's default, nothing but the quote is special. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

/** Variables that the script reads by \getenv. */
export const passwordVariables = { owner: "SLIPWAY_OWNER_PASSWORD", app: "SLIPWAY_APP_PASSWORD" } as const;

/** The whole psql script, run by the superuser in the maintenance database. @param generation of the app's password */
export function rolesSql(database: string, generation = 0): string {
  assertDatabaseName(database);
  const owner = ownerRole(database);
  return [
    // log_statement = ddl and a failing statement would both put a password into the log.
    "SET log_statement = 'none';",
    "SET log_min_error_statement = 'panic';",
    "SET client_min_messages = 'warning';",
    `\\getenv owner_password ${passwordVariables.owner}`,
    `\\getenv app_password ${passwordVariables.app}`,
    ...roles(database, generation),
    ...createMissing("DATABASE", templateDatabase, "pg_database", "datname"),
    `ALTER DATABASE ${identifier(templateDatabase)} IS_TEMPLATE true;`,
    ...createMissing("DATABASE", database, "pg_database", "datname"),
    `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(owner)};`,
    "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database WHERE datallowconn ORDER BY 1 \\gexec",
    `GRANT CONNECT ON DATABASE ${identifier(maintenanceDatabase)} TO ${identifier(owner)};`,
    `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(appRole(database))};`,
    ...contents(templateDatabase, database),
    ...contents(database, database),
    // A renewed certificate is read without a restart; sessions that are open keep theirs.
    "SELECT pg_reload_conf();",
    "",
  ].join("\n");
}

function roles(database: string, generation: number): readonly string[] {
  const [owner, app, login] = [ownerRole(database), appRole(database), loginRole(database, generation)];
  const never = "NOSUPERUSER NOCREATEROLE NOREPLICATION NOBYPASSRLS";
  return [
    ...createMissing("ROLE", owner, "pg_roles", "rolname"),
    ...createMissing("ROLE", app, "pg_roles", "rolname"),
    `ALTER ROLE ${identifier(owner)} LOGIN INHERIT CREATEDB ${never} PASSWORD :'owner_password';`,
    ...(generation > 0 ? secondLogin(database) : []),
    `ALTER ROLE ${identifier(login)} LOGIN INHERIT NOCREATEDB ${never} PASSWORD :'app_password';`,
    ...patience(login),
    `ALTER ROLE ${identifier(superuser)} PASSWORD NULL;`,
    // So that a restore may end the app's connections; the owner cannot become the app.
    `GRANT ${identifier(app)} TO ${identifier(owner)} WITH INHERIT TRUE, SET FALSE;`,
    `GRANT pg_use_reserved_connections TO ${identifier(owner)};`,
    `GRANT SET ON PARAMETER log_statement TO ${identifier(owner)};`,
  ];
}

/** The other login of the app: no right of its own but those of the first. */
function secondLogin(database: string): readonly string[] {
  const [owner, app, second] = [ownerRole(database), appRole(database), loginRole(database, 1)];
  return [
    ...createMissing("ROLE", second, "pg_roles", "rolname"),
    `GRANT ${identifier(app)} TO ${identifier(second)} WITH INHERIT TRUE, SET FALSE;`,
    `GRANT ${identifier(second)} TO ${identifier(owner)} WITH INHERIT TRUE, SET FALSE;`,
  ];
}

/** What an app's session may take, where it sets nothing itself: a forgotten transaction holds back vacuum and migrations for ever. */
export function patience(login: string): readonly string[] {
  const times = { statement_timeout: "10min", idle_in_transaction_session_timeout: "10min", lock_timeout: "1min" };
  return Object.entries(times).map(([name, time]) => `ALTER ROLE ${identifier(login)} SET ${name} = ${literal(time)};`);
}

/** After the release with a changed password is proved: the login from before it is none any more. */
export function retireSql(database: string, generation: number): string {
  if (generation === 0) return "SELECT 1;";
  const before = loginRole(database, generation - 1);
  return [
    `ALTER ROLE ${identifier(before)} NOLOGIN PASSWORD NULL;`,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = ${literal(before)};`,
  ].join("\n");
}

/** CREATE DATABASE and CREATE ROLE know no IF NOT EXISTS. */
export function createMissing(
  kind: "ROLE" | "DATABASE",
  name: string,
  catalog: string,
  column: string,
): readonly string[] {
  const create = literal(`CREATE ${kind} ${identifier(name)}`);
  return [`SELECT ${create} WHERE NOT EXISTS (SELECT FROM ${catalog} WHERE ${column} = ${literal(name)}) \\gexec`];
}

/** What is the same in the database and in the template: extensions, no rights for PUBLIC, the app's rights on all that the owner makes. */
export function contents(within: string, database: string): readonly string[] {
  const [owner, app] = [identifier(ownerRole(database)), identifier(appRole(database))];
  const byDefault = `ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} GRANT`;
  return [
    `\\connect ${identifier(within)}`,
    "SET client_min_messages = 'warning';",
    ...extensions.map((name) => `CREATE EXTENSION IF NOT EXISTS ${identifier(name)};`),
    "REVOKE ALL ON SCHEMA public FROM PUBLIC;",
    `GRANT USAGE ON SCHEMA public TO ${app};`,
    `${byDefault} USAGE ON SCHEMAS TO ${app};`,
    `${byDefault} ${tableRights.join(", ")} ON TABLES TO ${app};`,
    `${byDefault} ${sequenceRights.join(", ")} ON SEQUENCES TO ${app};`,
    grantPresent("", ["r", "p", "v", "m", "f"], "has_table_privilege", tableRights, database),
    grantPresent("SEQUENCE ", ["S"], "has_sequence_privilege", sequenceRights, database),
  ];
}

const tableRights = ["SELECT", "INSERT", "UPDATE", "DELETE"];
const sequenceRights = ["USAGE", "SELECT", "UPDATE"];

/** For tables older than the default privileges. Only what lacks a right is touched: a grant can collide with a migration. */
function grantPresent(
  kind: string,
  relkinds: readonly string[],
  hasRight: string,
  rights: readonly string[],
  database: string,
): string {
  const app = appRole(database);
  const held = rights.map((right) => `${hasRight}(${literal(app)}, oid, ${literal(right)})`).join(" AND ");
  const grant = literal(`GRANT ${rights.join(", ")} ON ${kind}%s TO ${identifier(app)}`);
  return (
    `SELECT format(${grant}, oid::regclass) FROM pg_class WHERE relkind IN (${relkinds.map(literal).join(", ")}) ` +
    `AND pg_get_userbyid(relowner) = ${literal(ownerRole(database))} AND NOT (${held}) ORDER BY oid \\gexec`
  );
}
