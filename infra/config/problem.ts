/** One thing that is wrong with the config, in the words of the one who can mend it. */
export interface Problem {
  /** `slipway:edge.httpsPort` */
  readonly path: string;
  /** What stands there, `(not set)`, or `(secret)`: never a secret's text. */
  readonly value: string;
  readonly allowed: string;
  /** The command that mends it, ready to be pasted. */
  readonly mend: string;
}

/** All problems as one text, in the order of the README's table. */
export function renderProblems(problems: readonly Problem[]): string {
  const count = problems.length === 1 ? "1 problem" : `${problems.length} problems`;
  const blocks = problems.map((problem) =>
    [
      `  ${problem.path}`,
      `    is:      ${problem.value}`,
      `    allowed: ${problem.allowed}`,
      `    mend:    ${problem.mend}`,
    ].join("\n"),
  );
  return [`The config has ${count}; nothing was changed.`, ...blocks].join("\n\n");
}

const longest = 120;

/** A value as one short line of an error. */
export function renderValue(value: unknown): string {
  if (value === undefined) return "(not set)";
  const text = typeof value === "string" && value !== "" ? value : JSON.stringify(value);
  const line = text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ");
  return line.length > longest ? `${line.slice(0, longest)}...` : line;
}
