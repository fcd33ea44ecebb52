import { assertDatabaseName, identifier, literal, maintenanceDatabase } from "../postgres/roles.ts";

/** Reads what the server counts (pg_monitor) and connects to no database but the maintenance one: it sees no row. */
export function monitorRole(database: string): string {
  return `${database}_monitor`;
}

export const monitorPasswordVariable = "SLIPWAY_MONITOR_PASSWORD";

/** For the superuser; may run again and again. */
export function monitorRoleSql(database: string): string {
  assertDatabaseName(database);
  const role = identifier(monitorRole(database));
  const rights = "INHERIT NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS";
  return [
    "SET log_statement = 'none';",
    "SET log_min_error_statement = 'panic';",
    `\\getenv monitor_password ${monitorPasswordVariable}`,
    `SELECT ${literal(`CREATE ROLE ${role}`)} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(monitorRole(database))}) \\gexec`,
    `ALTER ROLE ${role} LOGIN ${rights} CONNECTION LIMIT 5 PASSWORD :'monitor_password';`,
    `ALTER ROLE ${role} SET statement_timeout = '10s';`,
    `GRANT pg_monitor TO ${role};`,
    `GRANT CONNECT ON DATABASE ${identifier(maintenanceDatabase)} TO ${role};`,
    "",
  ].join("\n");
}

/** When nobody watches any more. */
export function monitorEndSql(database: string): string {
  const role = monitorRole(database);
  return [
    `SELECT ${literal(`ALTER ROLE ${identifier(role)} NOLOGIN PASSWORD NULL`)} WHERE EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(role)}) \\gexec`,
    "",
  ].join("\n");
}
