import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { superuser } from "../../components/postgres/roles.ts";
import type { Release } from "../../components/steps/journal.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { RolloutRecord } from "../recorded/shapes.ts";
import type { Facts } from "./report.ts";

type Database = NonNullable<Facts["database"]>;

/** Asks the database itself for the revision of its schema, where it is: who gets no answer is not connected. */
export async function askDatabase(
  runner: Runner,
  { data: { database }, schema }: RolloutRecord,
  containers: readonly Docker.ContainerInfo[],
  serving: Release | undefined,
): Promise<Database> {
  const { kind } = database;
  const silent = { kind, connected: false, milliseconds: 0, revision: null, wanted: schema.target, connections: null };
  const container = databaseContainer(kind, containers, serving);
  if (container === undefined) return silent;
  const began = performance.now();
  const answer = await runner.exec(container.Id, { argv: questions(database, schema.revisionSql) });
  const milliseconds = Math.round(performance.now() - began);
  if (answer.exitCode !== 0) return { ...silent, milliseconds };
  return { ...silent, connected: true, milliseconds, ...readAnswers(kind, answer.output) };
}

/** Where the database is: its own server, or a replica that has the file. Undefined when that does not run. */
export function databaseContainer(
  kind: Database["kind"],
  containers: readonly Docker.ContainerInfo[],
  serving: Release | undefined,
): Docker.ContainerInfo | undefined {
  return containers.find(({ Id, Labels, State }) =>
    State !== "running"
      ? false
      : kind === "postgres"
        ? Labels[label.part] === "postgres" && Labels[label.role] === "part"
        : serving?.replicas.some(({ id }) => id === Id),
  );
}

const connectionsSql =
  "SELECT count(*) FILTER (WHERE backend_type = 'client backend'), current_setting('max_connections') FROM pg_stat_activity";

function questions(database: RolloutRecord["data"]["database"], sql: string): readonly string[] {
  return clientCommand(database, database.kind === "sqlite" ? [sql] : [sql, connectionsSql]);
}

/** The database's own client, where the database is. Read-only: a file that is not there must not be made by the question. */
export function clientCommand(
  database: RolloutRecord["data"]["database"],
  statements: readonly string[],
): readonly string[] {
  if (database.kind === "sqlite") return ["sqlite3", "-readonly", "-bail", database.file, ...statements];
  const psql = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", superuser, "-d", database.name];
  return [...psql, ...statements.flatMap((each) => ["-c", each])];
}

/** Pure. The last line of a server's answer is `used|allowed`; before it the revision, which a database without one has not. */
export function readAnswers(kind: Database["kind"], output: string): Pick<Database, "revision" | "connections"> {
  const lines = output.trim().split("\n");
  if (kind === "sqlite") return { revision: lines[0] ?? "", connections: null };
  const [used, allowed] = (lines.at(-1) ?? "").split("|").map(Number);
  return {
    revision: lines.length > 1 ? (lines[0] ?? "") : "",
    connections: used === undefined || allowed === undefined ? null : { used, allowed },
  };
}
