import {
  appRole,
  assertDatabaseName,
  contents,
  createMissing,
  identifier,
  loginRole,
  maintenanceDatabase,
  ownerRole,
  passwordVariables,
  patience,
  templateDatabase,
} from "./roles.ts";

/** The roles of the one database on a server whose master is no superuser: the same rights as on the stack's own, made with fewer. Pure text. */

/** RDS' own master user. */
export const master = "slipway";

/**
 * The whole psql script, run by the master in the maintenance database. The two variables hold SCRAM verifiers and not passwords: the server logs
 * statements that change roles, and nobody but AWS could keep it from that. @param generation of the app's password
 */
export function rdsRolesSql(database: string, generation = 0): string {
  assertDatabaseName(database);
  const [owner, app, login] = [ownerRole(database), appRole(database), loginRole(database, generation)];
  const second = loginRole(database, 1);
  return [
    "SET client_min_messages = 'warning';",
    `\\getenv owner_password ${passwordVariables.owner}`,
    `\\getenv app_password ${passwordVariables.app}`,
    ...createMissing("ROLE", owner, "pg_roles", "rolname"),
    ...createMissing("ROLE", app, "pg_roles", "rolname"),
    `ALTER ROLE ${identifier(owner)} LOGIN INHERIT CREATEDB NOCREATEROLE PASSWORD :'owner_password';`,
    ...(generation > 0
      ? [
          ...createMissing("ROLE", second, "pg_roles", "rolname"),
          `GRANT ${identifier(app)} TO ${identifier(second)} WITH INHERIT TRUE, SET FALSE;`,
          `GRANT ${identifier(second)} TO ${identifier(owner)} WITH INHERIT TRUE, SET FALSE;`,
        ]
      : []),
    `ALTER ROLE ${identifier(login)} LOGIN INHERIT NOCREATEDB NOCREATEROLE PASSWORD :'app_password';`,
    ...patience(login),
    `GRANT ${identifier(app)} TO ${identifier(owner)} WITH INHERIT TRUE, SET FALSE;`,
    // Who gives a database away must be able to become its new owner.
    `GRANT ${identifier(owner)} TO ${identifier(master)} WITH INHERIT TRUE, SET TRUE;`,
    ...createMissing("DATABASE", templateDatabase, "pg_database", "datname"),
    `ALTER DATABASE ${identifier(templateDatabase)} IS_TEMPLATE true;`,
    ...createMissing("DATABASE", database, "pg_database", "datname"),
    `ALTER DATABASE ${identifier(database)} OWNER TO ${identifier(owner)};`,
    // RDS' own databases are RDS' alone.
    "SELECT format('REVOKE ALL ON DATABASE %I FROM PUBLIC', datname) FROM pg_database WHERE datallowconn AND pg_has_role(datdba, 'USAGE') ORDER BY 1 \\gexec",
    `GRANT CONNECT ON DATABASE ${identifier(maintenanceDatabase)} TO ${identifier(owner)};`,
    `GRANT CONNECT ON DATABASE ${identifier(database)} TO ${identifier(app)};`,
    ...contents(templateDatabase, database),
    ...contents(database, database),
    "",
  ].join("\n");
}
