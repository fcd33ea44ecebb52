import { label, type Place } from "../container/spec.ts";
import { mark, sqlCommand } from "../database/spec.ts";
import {
  type Catalogue,
  catalogueQuestions,
  parseCatalogue,
  printOf,
  schemaChange,
  schemaMend,
  schemaWords,
} from "../migration/catalogue.ts";
import { saysNoTable } from "../migration/spec.ts";
import { superuser } from "../postgres/roles.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Release } from "../steps/journal.ts";
import type { Runner } from "../steps/runner.ts";
import type { Observation } from "./deviation.ts";
import { readSchemaRecord, type SchemaRecord } from "./schema-record.ts";

/** Which database to look at, and how its revision is asked for. */
export interface Looked {
  readonly database:
    | { readonly kind: "sqlite"; readonly file: string }
    | { readonly kind: "postgres"; readonly name: string };
  readonly revisionSql: string;
}

/** A schema as it is. */
export interface FoundSchema {
  readonly revision: string;
  readonly lines: Catalogue;
}

const separator = "-- the schema --";

/** Asked inside a container that runs already, so that a look changes nothing on the host. Undefined where none does, or where nothing was ever migrated. */
export async function findSchema(
  runner: Runner,
  { stack }: Place,
  { database, revisionSql }: Looked,
  serving: Release | undefined,
): Promise<FoundSchema | undefined> {
  const containers = await runner.list({ [label.stack]: stack });
  const reader = containers.find(
    ({ id, labels, state }) =>
      state === "running" &&
      (database.kind === "postgres"
        ? labels[label.part] === "postgres"
        : serving?.replicas.some((replica) => replica.id === id) === true),
  );
  if (reader === undefined) return undefined;
  const { exitCode, output } = await runner.exec(reader.id, { argv: question(database, revisionSql) });
  if (exitCode !== 0 && saysNoTable(output)) return undefined;
  if (exitCode !== 0) throw new StepFailure(`the database's schema cannot be read: ${output.trim()}`);
  const [revision = "", lines = ""] = output.split(separator);
  return { revision: revision.trim(), lines: parseCatalogue(lines) };
}

function question(database: Looked["database"], revisionSql: string): readonly string[] {
  if (database.kind === "sqlite")
    return sqlCommand(database, "live", [revisionSql, mark(database, separator), ...catalogueQuestions("sqlite")]);
  const questions = [revisionSql, `\\echo ${separator}`, ...catalogueQuestions("postgres")];
  // The superuser comes in by the socket, without a password: none is needed to look.
  const client = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", superuser, "-d", database.name];
  return [...client, ...questions.flatMap((each) => ["-c", each])];
}

/** One thing about the schema that is other than the last release left it. */
export interface SchemaDrift {
  readonly what: string;
  readonly was: string;
  readonly is: string;
  readonly mend: string;
}

/** Pure. Nothing is known of a schema before a release recorded one. */
export function schemaDrift(
  recorded: SchemaRecord | undefined,
  found: FoundSchema | undefined,
  stack: string,
): SchemaDrift | undefined {
  if (recorded === undefined || found === undefined) return undefined;
  if (recorded.revision !== found.revision) {
    const mend = `npm start -- --stack ${stack}`;
    return { what: "schema revision", was: recorded.revision, is: found.revision || "none", mend };
  }
  const change = schemaChange(recorded.lines, found.lines);
  if (change === undefined) return undefined;
  return {
    what: `schema at revision ${found.revision}`,
    was: "as the last release left it",
    is: schemaWords(change),
    mend: schemaMend(found.lines, stack),
  };
}

/** For preflight, in words; empty when nothing is, or when what is there was accepted. */
export async function observeSchema(
  runner: Runner,
  place: Place,
  looked: Looked,
  { serving, reader, accepted }: Pick<Observation, "serving" | "reader"> & { readonly accepted: string },
): Promise<string> {
  if (reader === undefined || serving === undefined) return "";
  const recorded = await readSchemaRecord(runner, reader);
  if (recorded === undefined) return "";
  const found = await findSchema(runner, place, looked, serving);
  if (found !== undefined && printOf(found.lines) === accepted) return "";
  const drift = schemaDrift(recorded, found, place.stack);
  return drift === undefined ? "" : `${drift.what}: ${drift.is} instead of ${drift.was}`;
}
