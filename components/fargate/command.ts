import type { Finished } from "../steps/runner.ts";

/**
 * A command of a step as a task's own, and what it printed as CloudWatch has it. Empty lines are kept by no log, and a log comes later than the end of
 * its task: each line begins with a mark, and the last one tells the exit code. Pure.
 */

const mark = "|";
const end = "slipway-exit";

/** In place of the image's entrypoint. */
export function taskCommand(argv: readonly string[]): readonly string[] {
  return ["sh", "-c", `{ "$@"; printf '\\n${end} %s\\n' "$?"; } 2>&1 | sed 's/^/${mark}/'`, "sh", ...argv];
}

/** Undefined while the last line is not there yet. @param lines as the log has them, oldest first */
export function finishedOf(lines: readonly string[]): Finished | undefined {
  const whole = joined(lines);
  const [, code] = new RegExp(`^${end} (\\d+)$`).exec(whole.at(-1) ?? "") ?? [];
  if (code === undefined) return undefined;
  return { exitCode: Number(code), output: whole.slice(0, -1).join("\n") };
}

/** A line that is too long for one event comes in pieces, of which the first alone has the mark. */
function joined(lines: readonly string[]): readonly string[] {
  const whole: string[] = [];
  for (const line of lines) {
    if (line.startsWith(mark)) whole.push(line.slice(mark.length));
    else if (whole.length > 0) whole.push(`${whole.pop()}${line}`);
  }
  return whole;
}
