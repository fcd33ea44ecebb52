import { randomBytes } from "node:crypto";
import { NotYet, until } from "../../toolchain/poll.ts";
import { literal } from "../postgres/roles.ts";

/** Reads a log that comes later than what it tells: between two marks that the server itself writes into it. */

export interface LaterLog {
  /** Runs a statement on the copy, which the server logs. */
  readonly say: (statement: string) => Promise<unknown>;
  readonly read: () => Promise<string>;
}

/** Longest wait for the second mark. */
const waitSeconds = 180;

/**
 * What the server logged while the work ran; undefined when its log did not come in time.
 * @param database whose comment the marks are: it is thrown away
 */
export async function loggedMeanwhile<T>(
  { say, read }: LaterLog,
  database: string,
  work: () => Promise<T>,
  { seconds = waitSeconds, pauseMs = 5000 } = {},
): Promise<{ readonly result: T; readonly log: string | undefined }> {
  const id = randomBytes(8).toString("hex");
  const [begin, end] = [`slipway-begin-${id}`, `slipway-end-${id}`];
  const mark = (text: string) => say(`COMMENT ON DATABASE ${database} IS ${literal(text)}`);
  await mark(begin);
  const result = await work();
  await mark(end);
  const look = async () => {
    const log = await read();
    const [from, to] = [log.indexOf(begin), log.indexOf(end)];
    return from >= 0 && to >= 0 ? between(log, from, to) : new NotYet(log);
  };
  return { result, log: await until(look, { seconds, everyMs: pauseMs, late: () => undefined }) };
}

/** Whole lines: without those of the marks. */
function between(log: string, from: number, to: number): string {
  const first = log.indexOf("\n", from) + 1;
  return log.slice(first, Math.max(first, log.lastIndexOf("\n", to) + 1));
}
