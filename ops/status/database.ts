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
  const silent = { kind: database.kind, connected: false, milliseconds: 0, revision: null, wanted: schema.target };
  const container = containers.find(({ Id, Labels, State }) =>
    State !== "running"
      ? false
      : database.kind === "postgres"
        ? Labels[label.part] === "postgres" && Labels[label.role] === "part"
        : serving?.replicas.some(({ id }) => id === Id),
  );
  if (container === undefined) return silent;
  const began = performance.now();
  const answer = await runner.exec(container.Id, { argv: revisionCommand(database, schema.revisionSql) });
  const milliseconds = Math.round(performance.now() - began);
  if (answer.exitCode !== 0) return { ...silent, milliseconds };
  return { ...silent, connected: true, milliseconds, revision: answer.output.trim() };
}

/** Read-only: a file that is not there must not be made by the question. */
function revisionCommand(database: RolloutRecord["data"]["database"], sql: string): readonly string[] {
  if (database.kind === "sqlite") return ["sqlite3", "-readonly", "-bail", database.file, sql];
  return ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", superuser, "-d", database.name, "-c", sql];
}
