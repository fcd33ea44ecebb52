import { quantile, type Request } from "../status/requests.ts";
import type { Spans } from "./ask.ts";
import { type Line, lineOf, measures } from "./judge.ts";

/** Quantiles are the switch's log's alone: of the averages that HAProxy's metrics have none can be made. Pure. */
export function quantileLines(requests: readonly Request[], spans: Spans): readonly Line[] {
  const within = (end: number) =>
    requests.filter(({ at }) => at > end - spans.seconds * 1000 && at <= end).flatMap(({ ms }) => ms ?? []);
  const [before, after] = [within(spans.before), within(spans.after)];
  if (before.length + after.length === 0) return [];
  const seconds = (times: readonly number[], part: number) => {
    const found = quantile(times, part);
    return found === undefined ? null : found / 1000;
  };
  return [
    lineOf(measures.p50, seconds(before, 0.5), seconds(after, 0.5)),
    lineOf(measures.p99, seconds(before, 0.99), seconds(after, 0.99)),
  ];
}

/** What is said where the log does not reach back to the beginning of the time before. @param oldest of its lines */
export function reachNote(oldest: number | undefined, spans: Spans): readonly string[] {
  const from = spans.before - spans.seconds * 1000;
  if (oldest !== undefined && oldest <= from) return [];
  const reach = oldest === undefined ? "is empty" : `begins at ${new Date(oldest).toISOString()}`;
  return [`the switch's log ${reach}: times to answer before that are not in the comparison`];
}
