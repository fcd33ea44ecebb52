import { type Database, mark } from "../database/spec.ts";

/** How a system's schema is migrated and proved. Plain data; the commands run in the product's own image. */
export interface SchemaSpec {
  /** The revision this release wants. Named, never `head`: the image must know it and must have no other head. */
  readonly target: string;
  readonly heads: readonly string[];
  /** Exits with 0 when the image knows `{revision}`. */
  readonly knows: readonly string[];
  /** Prints every revision that the image knows, as `alembic history` or a line for each, oldest first. @default a proof names the target alone */
  readonly history?: readonly string[];
  readonly upgrade: readonly string[];
  /** `{revision}` is where it goes; absent where a system has no way back (guides 002, 003). */
  readonly downgrade?: readonly string[];
  /** Answers the revision of a database; fails with `missing` in its words when there is no schema yet. */
  readonly revisionSql: string;
  /** Folder in the image where the commands run. */
  readonly workingDir: string;
  /** The variable that names the database, and how: see `databaseUrl`. */
  readonly variable: string;
  readonly url: string;
  /** Further variables of the commands, e.g. a time limit for locks. */
  readonly env: Readonly<Record<string, string>>;
  /** Questions whose answers prove the schema; run on the rehearsal, on the real data and again in the bake time. */
  readonly assertions: readonly Assertion[];
  /** A line of the upgrade's output that a user wants to see, e.g. `Migrated \d+ agent\(s\).*`. */
  readonly report: string;
}

export interface Assertion {
  readonly name: string;
  readonly sql: string;
  readonly expect: string;
}

/** Alembic's commands, the same for every product that uses it. */
export const alembic = {
  heads: ["alembic", "heads"],
  knows: ["alembic", "show", "{revision}"],
  history: ["alembic", "history"],
  downgrade: ["alembic", "downgrade", "{revision}"],
  revisionSql: "SELECT version_num FROM alembic_version",
} as const;

/** A command of the system's with `{revision}` replaced in every word of it. */
export function withRevision(argv: readonly string[], revision: string): readonly string[] {
  return argv.map((word) => word.replace("{revision}", revision));
}

/** What a client says of a table that is not there: then nothing was ever migrated. */
export function saysNoTable(output: string): boolean {
  return /no such table|relation "[^"]+" does not exist|unable to open database/i.test(output);
}

/**
 * What PostgreSQL says when lock_timeout ended a statement (55P03), or when it chose the migration as a deadlock's victim (40P01: it and the
 * users' transactions had locked the same tables in another order), and SQLite when its busy_timeout did.
 */
export function saysLocked(output: string): boolean {
  return /canceling statement due to lock timeout|deadlock detected|database is locked/i.test(output);
}

/** The revisions that `alembic heads` printed; its log lines aside. */
export function revisions(output: string): readonly string[] {
  return output
    .split("\n")
    .map((line) => /^([0-9A-Za-z_]+)(?: \((?:head|mergepoint|branchpoint|, )+\))*$/.exec(line.trim())?.[1])
    .filter((revision) => revision !== undefined);
}

/** What `history` printed, oldest first: `alembic history` begins with the newest (`0001 -> 0002 (head), note`), a plain list with the oldest. */
export function revisionsOldestFirst(output: string): readonly string[] {
  const steps = output.split("\n").flatMap((line) => /-> ([0-9A-Za-z_]+)/.exec(line)?.[1] ?? []);
  return steps.length > 0 ? steps.reverse() : revisions(output);
}

/** Undefined when the image has exactly the wanted head, else what is wrong. */
export function headProblem(heads: readonly string[], target: string): string | undefined {
  if (heads.length === 1 && heads[0] === target) return undefined;
  if (heads.length > 1)
    return `the image has ${heads.length} heads (${heads.join(", ")}); merge them into one before it is released`;
  const only = heads[0];
  return only === undefined
    ? `the image knows no revision at all; the release wants ${target}`
    : `the image's head is ${only}, the release wants ${target}: set the system's schema revision to ${only}, or release the image that has ${target}`;
}

/** The line of a migration's output that its user wants to see, by the system's own pattern; undefined when there is none. */
export function reportedLine(schema: SchemaSpec, output: string): string | undefined {
  return new RegExp(schema.report).exec(output)?.[0];
}

const separator = "-- next answer --";

/** All questions for one call of the database's client; a mark parts their answers. */
export function questions(database: Pick<Database, "kind">, assertions: readonly Assertion[]): readonly string[] {
  return assertions.flatMap(({ sql }) => [sql, mark(database, separator)]);
}

/** The first assertion whose answer is not the wanted one, in words; undefined when all hold. */
export function wrongAnswer(assertions: readonly Assertion[], output: string): string | undefined {
  const answers = output.split(separator).map((answer) => answer.trim());
  // Each question ends with a mark: fewer marks are answers that never came, not empty ones.
  if (answers.length !== assertions.length + 1) {
    return `${assertions.length} schema assertions were asked, ${answers.length - 1} answered; the output was ${JSON.stringify(output)}`;
  }
  for (const [index, { name, sql, expect }] of assertions.entries()) {
    const answer = answers[index];
    if (answer !== expect)
      return `schema assertion "${name}": \`${sql}\` answered ${JSON.stringify(answer)}, wanted ${JSON.stringify(expect)}`;
  }
  return undefined;
}

/** Proves the file itself; PostgreSQL has no such question. */
export function fileAssertions(database: Database): readonly Assertion[] {
  return database.kind === "sqlite" ? [{ name: "integrity_check", sql: "PRAGMA integrity_check", expect: "ok" }] : [];
}
