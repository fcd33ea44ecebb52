/** How a system's schema is migrated and proved. Plain data; the commands run in the product's own image. */
export interface SchemaSpec {
  /** The revision this release wants. Named, never `head`: the image must know it and must have no other head. */
  readonly target: string;
  readonly heads: readonly string[];
  readonly current: readonly string[];
  readonly upgrade: readonly string[];
  /** Folder in the image where the commands run. */
  readonly workingDir: string;
  /** The variable that names the database, and how it names a file: `{file}` is an absolute path. */
  readonly variable: string;
  readonly url: string;
  /** Questions whose answers prove the schema; run on the rehearsal and on the real data. */
  readonly assertions: readonly Assertion[];
  /** A line of the upgrade's output that a user wants to see, e.g. `Migrated \d+ agent\(s\).*`. */
  readonly report: string;
}

export interface Assertion {
  readonly name: string;
  readonly sql: string;
  readonly expect: string;
}

export function databaseUrl(schema: SchemaSpec, file: string): Record<string, string> {
  return { [schema.variable]: schema.url.replace("{file}", file) };
}

/** The revisions that `alembic heads` or `alembic current` printed; its log lines aside. */
export function revisions(output: string): readonly string[] {
  return output
    .split("\n")
    .map((line) => /^([0-9A-Za-z_]+)(?: \((?:head|mergepoint|branchpoint|, )+\))*$/.exec(line.trim())?.[1])
    .filter((revision) => revision !== undefined);
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

export function reportedLine(schema: SchemaSpec, output: string): string | undefined {
  return new RegExp(schema.report).exec(output)?.[0];
}

const separator = "-- next answer --";

/** All questions for one call of sqlite3; a mark parts their answers. */
export function questions(assertions: readonly Assertion[]): readonly string[] {
  return assertions.flatMap(({ sql }) => [sql, `.print "${separator}"`]);
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
