import { lastLines, StepFailure } from "../steps/failure.ts";
import type { Session } from "../steps/session.ts";
import { databaseUrl, headProblem, questions, reportedLine, revisions, type SchemaSpec, wrongAnswer } from "./spec.ts";

/** The image has exactly one head, the wanted one. Asked of the image, before any data is touched. */
export async function assertHead(session: Session, schema: SchemaSpec): Promise<void> {
  const output = await session.must("asking the image for its schema revisions", {
    argv: schema.heads,
    workingDir: schema.workingDir,
    env: databaseUrl(schema, "/tmp/no-database.db"),
  });
  const problem = headProblem(revisions(output), schema.target);
  if (problem !== undefined) throw new StepFailure(problem);
}

/** The revision of a database file, undefined for one that was never migrated. An image that does not know the revision refuses. */
export async function revisionOf(session: Session, schema: SchemaSpec, file: string): Promise<string | undefined> {
  const finished = await session.run({
    argv: schema.current,
    workingDir: schema.workingDir,
    env: databaseUrl(schema, file),
  });
  if (finished.exitCode !== 0) {
    throw new StepFailure(
      `the image cannot read the schema of the data (\`${schema.current.join(" ")}\` exited with ${finished.exitCode}): ${lastLines(finished.output, 1)}. ` +
        "The data were migrated by a newer image; release that one, or restore a backup set from before its migration.",
    );
  }
  return revisions(finished.output)[0];
}

export interface Migrated {
  readonly from: string;
  readonly seconds: number;
  readonly report: string;
}

/** Upgrades a database file to the target and proves it: revision, integrity, the system's assertions. At the target already: only proves. */
export async function migrate(session: Session, schema: SchemaSpec, file: string): Promise<Migrated> {
  const started = performance.now();
  const from = (await exists(session, file)) ? await revisionOf(session, schema, file) : undefined;
  let report = "nothing to migrate";
  if (from !== schema.target) {
    const output = await session.must(`migrating ${from ?? "an empty database"} to ${schema.target}`, {
      argv: schema.upgrade,
      workingDir: schema.workingDir,
      env: databaseUrl(schema, file),
    });
    report = reportedLine(schema, output) ?? "no report";
  }
  await proveSchema(session, schema, file);
  return { from: from ?? "", seconds: Math.round(performance.now() - started) / 1000, report };
}

async function proveSchema(session: Session, schema: SchemaSpec, file: string): Promise<void> {
  const reached = await revisionOf(session, schema, file);
  if (reached !== schema.target)
    throw new StepFailure(`after the migration the revision is ${reached ?? "none"}, wanted ${schema.target}`);
  const assertions = [integrity, ...schema.assertions];
  const answers = await session.must("proving the schema", { argv: ["sqlite3", file, ...questions(assertions)] });
  const wrong = wrongAnswer(assertions, answers);
  if (wrong !== undefined) throw new StepFailure(wrong);
}

export async function exists(session: Session, file: string): Promise<boolean> {
  return (await session.run({ argv: ["test", "-f", file] })).exitCode === 0;
}

const integrity = { name: "integrity_check", sql: "PRAGMA integrity_check", expect: "ok" };
