/** Whether what was measured after a release is better or worse than before it. Pure. */

export type Verdict = "better" | "same" | "worse" | "unknown";
export type Unit = "number" | "ratio" | "seconds";

export interface Line {
  readonly what: string;
  readonly unit: Unit;
  /** In the same length of time before the release; null when it is not known. */
  readonly before: number | null;
  readonly after: number | null;
  readonly verdict: Verdict;
  /** Where a guide asks for the look. */
  readonly guide: string;
  /** What is behind the number, e.g. the alerts' names. */
  readonly details: readonly string[];
}

export interface Rule {
  readonly better: "lower" | "higher";
  /** So many times is a difference; 1: every difference is. */
  readonly times: number;
  /** A smaller difference is noise, whatever its multiple. @default 0 */
  readonly floor?: number;
  /** Above it is worse without a word of the time before. @default none */
  readonly limit?: number;
}

/**
 * Whether a number got worse by its rule: a guide's limit first, then the time before. `unknown` where there is no number now, or nothing to compare
 * with.
 */
export function verdictOf(
  { better, times, floor = 0, limit }: Rule,
  before: number | null,
  after: number | null,
): Verdict {
  if (after === null) return "unknown";
  if (limit !== undefined && after > limit) return "worse";
  // What a guide allows needs nothing to be compared with.
  if (before === null) return limit === undefined ? "unknown" : "same";
  const grew = after > before * times && after - before > floor;
  const shrank = after * times < before && before - after > floor;
  if (grew) return better === "lower" ? "worse" : "better";
  if (shrank) return better === "lower" ? "better" : "worse";
  return "same";
}

/** What a line is, before its numbers are known. */
export interface Measure extends Pick<Line, "what" | "unit" | "guide"> {
  readonly rule: Rule;
}

/** One line of the report with its verdict. @param details lines below it */
export function lineOf(
  { what, unit, guide, rule }: Measure,
  before: number | null,
  after: number | null,
  details: readonly string[] = [],
): Line {
  return { what, unit, before, after, verdict: verdictOf(rule, before, after), guide, details };
}

const metrics = 'guide 004, "Metrics to Watch (First 24 Hours)"';
const rollback = 'guide 004, "When to Rollback"';

/** Lines that every system has. */
export const measures = {
  requests: {
    what: "requests",
    unit: "number",
    guide: 'guide 002, "Alert Thresholds": unusual traffic patterns',
    rule: { better: "higher", times: 2, floor: 20 },
  },
  connections: {
    what: "connections of raw TCP",
    unit: "number",
    guide: 'guide 002, "Alert Thresholds": unusual traffic patterns',
    rule: { better: "higher", times: 2, floor: 20 },
  },
  errors: {
    what: "5xx answers",
    unit: "ratio",
    guide: `${metrics}: error rate < 0.5 %`,
    rule: { better: "lower", times: 1.5, floor: 0.001, limit: 0.005 },
  },
  p50: {
    what: "time to answer, half of the requests",
    unit: "seconds",
    guide: 'guide 001, "Performance Metrics": API response time',
    rule: { better: "lower", times: 1.5, floor: 0.01 },
  },
  p99: {
    what: "time to answer, all but 1 %",
    unit: "seconds",
    guide: `${metrics}: response time`,
    rule: { better: "lower", times: 1.5, floor: 0.025 },
  },
  restarts: {
    what: "restarts of replicas",
    unit: "number",
    guide: `${rollback}: application start-up failures`,
    rule: { better: "lower", times: 1 },
  },
  invalid: {
    what: "schema assertions that do not hold",
    unit: "number",
    guide: `${metrics}: data quality, no constraint violations`,
    rule: { better: "lower", times: 1, limit: 0 },
  },
  alerts: {
    what: "alerts that fired",
    unit: "number",
    guide: 'guide 004, "Post-Deployment Tasks": within 24 hours',
    rule: { better: "lower", times: 1 },
  },
} as const satisfies Readonly<Record<string, Measure>>;
