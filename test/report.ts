import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { z } from "zod";
import { messageOf } from "../components/steps/failure.ts";

/** Lines of a failure that are told again at the end: enough to know what to look for, or where above to look. */
const linesTold = 12;

/** What vitest's JSON report says about a run. */
const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numTotalTests: z.number(),
  success: z.boolean(),
  testResults: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      message: z.string().default(""),
      assertionResults: z.array(
        z.object({ fullName: z.string(), status: z.string(), failureMessages: z.array(z.string()).nullish() }),
      ),
    }),
  ),
});

export type Report = z.infer<typeof report>;

/** How many passed and failed, and in words which ones failed and how: CI's log is long, and what is read of it is its end. */
export interface Outcome {
  readonly passed: number;
  readonly failed: number;
  readonly failures: readonly string[];
}

export function add(a: Outcome, b: Outcome): Outcome {
  return { passed: a.passed + b.passed, failed: a.failed + b.failed, failures: [...a.failures, ...b.failures] };
}

/** One thing that is right, or that is not and says how. */
export function single(what: string, ok: boolean, how = ""): Outcome {
  return ok ? { passed: 1, failed: 0, failures: [] } : { passed: 0, failed: 1, failures: [told(what, how)] };
}

/** The last line of every test command. */
export function closingLine({ passed, failed }: Omit<Outcome, "failures">): string {
  return `${passed} passed, ${failed} failed`;
}

/** What a test command ends with: the failures, and the counts alone on the last line. */
export function closing(outcome: Outcome): string {
  const { failures } = outcome;
  return [...(failures.length === 0 ? [] : ["", "failed:", ...failures]), "", closingLine(outcome)].join("\n");
}

/** A run that ended badly without a failed test, or had no test at all, counts as one failure: a suite that cannot start has not passed. */
export function outcomeOf(found: Report, ok: boolean, checkout: string): Outcome {
  const failures = found.testResults.flatMap(({ name, status, message, assertionResults }) => {
    const file = relative(checkout, name);
    const failed = assertionResults
      .filter((test) => test.status === "failed")
      .map((test) => told(`${file}: ${test.fullName}`, (test.failureMessages ?? []).join("\n")));
    return failed.length === 0 && status === "failed" ? [told(file, message)] : failed;
  });
  const broken = (!ok || !found.success || found.numTotalTests === 0) && found.numFailedTests === 0;
  const why = failures.length > 0 ? failures : ["the run ended badly, and no test of it failed"];
  return {
    passed: found.numPassedTests,
    failed: found.numFailedTests + (broken ? 1 : 0),
    failures: broken ? why : failures,
  };
}

function told(what: string, message: string): string {
  const lines = message.split("\n").filter((line) => line.trim() !== "" && !/^\s+at /.test(line));
  return [what, ...lines.slice(0, linesTold).map((line) => `    ${line}`)].join("\n");
}

/** The outcome that a report file of vitest's tells of; one failure when there is none. */
export function readOutcome(file: string, ok: boolean, checkout: string): Outcome {
  try {
    return outcomeOf(report.parse(JSON.parse(readFileSync(file, "utf8"))), ok, checkout);
  } catch (error) {
    return { passed: 0, failed: 1, failures: [`the report of the run cannot be read: ${messageOf(error)}`] };
  }
}
