import { identifier, literal, superuser } from "./roles.ts";

/** Plain SQL of pg_dump into a throw-away server, from which it is dumped anew: Slipway restores dumps of the custom format alone. */

const statement =
  /(?:OWNER TO|TO|FROM|FOR ROLE|AUTHORIZATION) ((?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*)(?:, (?:"(?:[^"]|"")+"|[A-Za-z_][\w$]*))*)/g;
const beginning = /^(ALTER|GRANT|REVOKE|CREATE SCHEMA|SET SESSION AUTHORIZATION)/;
const noRoles = ["public", "current_user", "session_user", "current_role"];

/**
 * Roles that a line of SQL names as owner or for rights. They must be there when it is loaded; the dump that is made of it names none. One too
 * many does no harm: the server is thrown away.
 */
export function rolesNamed(line: string): readonly string[] {
  if (!beginning.test(line)) return [];
  const found = [...line.matchAll(statement)].flatMap(([, names = ""]) => names.match(/"(?:[^"]|"")+"|[^\s,]+/g) ?? []);
  return found
    .map((name) => (name.startsWith('"') ? name.slice(1, -1).replaceAll('""', '"') : name.toLowerCase()))
    .filter((name) => !noRoles.includes(name));
}

/** Makes roles that are not there; without a login. */
export function rolesFor(names: readonly string[]): string {
  return names
    .map(
      (name) =>
        `SELECT ${literal(`CREATE ROLE ${identifier(name)}`)} WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${literal(name)}) \\gexec`,
    )
    .join("\n")
    .concat("\n");
}

/** Runs its standard input inside the server's own container. The first error ends it: half a database is none. */
export function loadSql(database: string): readonly string[] {
  return ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-o", "/dev/null", "-U", superuser, "-d", database, "-f", "-"];
}
