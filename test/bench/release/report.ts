import { rounded, timing } from "../statistics.ts";
import { Histogram } from "./histogram.ts";
import type { LoadReport, WindowReport } from "./load-config.ts";
import { patience } from "./releases.ts";
import { loadOf, type Scenario } from "./scenario.ts";
import { type Outcome, type ReleaseRun, windowNames } from "./under-load.ts";

export interface Result {
  readonly scenario: Pick<Scenario, "system" | "mode" | "protocol" | "rate">;
  readonly ours: Outcome;
  /** Not measured beside a switch that is broken on purpose. */
  readonly compose: Outcome | undefined;
}

export function requestsOf({ windows }: LoadReport): number {
  return windows.reduce((sum, each) => sum + each.requests, 0);
}

/** Requests and streams, in the releases and between them. */
export function failedOf({ windows }: LoadReport): number {
  return windows.reduce((sum, each) => sum + each.failed, 0);
}

/** Whether Slipway kept its promise: nothing failed, no acknowledged write was lost, none was made twice. */
export function kept({ ours }: Result): boolean {
  return failedOf(ours.report) === 0 && ours.writes.lost === 0 && ours.writes.doubled === 0;
}

/** Whether the machine carried the load while nothing was released; if not, what failed in a release may be the queue's. */
export function carried(outcome: Outcome): boolean {
  const p99 = percentile(windowsOf(outcome, "before"), 0.99);
  return p99 !== null && p99 < carriedMs;
}

/** The one line for machines. `seconds` is the median release; a certificate is none, no process is replaced for it. */
export function jsonLine(results: readonly Result[]): string {
  return JSON.stringify(
    results.map(({ scenario: { system, mode }, ours, compose }) => ({
      system,
      mode,
      requests: requestsOf(ours.report),
      failed: failedOf(ours.report),
      p99Before: percentile(windowsOf(ours, "before"), 0.99),
      p99During: percentile(windowsOf(ours, "during"), 0.99),
      seconds: medianSeconds(ours),
      lostWrites: ours.writes.lost,
      composeFailed: compose === undefined ? null : failedOf(compose.report),
      composeSeconds: compose === undefined ? null : medianSeconds(compose),
    })),
  );
}

/** A p99 from which on a server is no longer only slow. */
const carriedMs = 2000;

const heads = ["release", "by", "s", "containers", "requests", "failed", "p50/p99 before", "p50/p99 during", "hold"];

/** For people: one row for each release and side, then the raw counts of what failed, and what the generator says of itself. */
export function table({ scenario, ours, compose }: Result): string {
  const sides = { slipway: ours, ...(compose && { compose }) };
  const rows = ours.releases.flatMap(({ kind }) =>
    Object.entries(sides).map(([by, side]) => [kind, by, ...cells(side, kind)]),
  );
  const all = [[...heads, "streams"], ...rows];
  const width = (column: number) => Math.max(...all.map((row) => row[column]?.length ?? 0));
  const lines = all.map((row) =>
    row.map((cell, column) => (column < 2 ? cell.padEnd(width(column)) : cell.padStart(width(column)))).join("  "),
  );
  const { transport } = scenario.protocol;
  const { requestsPerSecond, postShare, connections, streams } = loadOf(scenario);
  const [write, stream] = transport === "tcp" ? ["writes", "sessions"] : ["POST", "streams"];
  return [
    `${scenario.system}, ${scenario.mode}: ${requestsPerSecond} requests/s (${postShare * 100} % ${write}) by ${transport} over ${connections} connections, ${streams.count} ${stream}`,
    ...(scenario.rate === undefined ? [] : [`not the load of the others: ${scenario.rate.why}`]),
    ...lines,
    "",
    "times in ms, from when a request was due; hold: longest time without a good answer; containers: at most at once (of them workloads);",
    "streams: ended (longest time from the end to the next message)",
    `slipway's seconds: with a bake time of ${patience.bakeSeconds} s and up to ${patience.drainSeconds} s for streams to end`,
    ...Object.entries(sides).flatMap(([by, side]) => ["", ...summary(by, side)]),
  ].join("\n");
}

function cells(side: Outcome, kind: ReleaseRun["kind"]): readonly string[] {
  const run = side.releases.find((each) => each.kind === kind);
  const names = windowNames(kind);
  const before = side.report.windows.filter((each) => each.name === names.before);
  const during = side.report.windows.filter((each) => each.name === names.during);
  const [window] = during;
  if (run === undefined || window === undefined) return heads.slice(2).map(() => "none");
  const ended = Object.values(window.closed).reduce((sum, count) => sum + count, 0);
  return [
    run.seconds.toFixed(1),
    `${run.containers} (${run.workloads})`,
    String(window.requests),
    String(window.failed),
    `${percentile(before, 0.5)}/${percentile(before, 0.99)}`,
    `${percentile(during, 0.5)}/${percentile(during, 0.99)}`,
    String(window.holdMs),
    `${ended} (${window.backMs})`,
  ];
}

function summary(by: string, outcome: Outcome): readonly string[] {
  const { report, writes } = outcome;
  const failing = report.windows.filter((each) => each.failed > 0);
  const first = report.failures.slice(0, 5);
  return [
    `${by}: ${requestsOf(report)} requests, ${failedOf(report)} failed${failing.length === 0 ? "" : ":"}`,
    ...(carried(outcome)
      ? []
      : ["  this machine did not carry the load even before the releases: failures may be the queue's"]),
    ...failing.map((each) => `  ${each.name}: ${counts(each.byKind)}`),
    ...first.map(({ at, method, kind, detail }) => `  second ${at.toFixed(1)}: ${method}: ${kind}: ${detail}`),
    `  writes: ${writes.acknowledged} acknowledged, ${writes.lost} lost, ${writes.doubled} made twice`,
    `  versions that answered: ${report.windows.map((each) => `${each.name}: ${counts(each.versions)}`).join("; ")}`,
    `  the generator itself: ${report.cpuSeconds} CPU seconds in ${report.seconds} s, worst lag ${report.worstLagMs} ms`,
  ];
}

function counts(byName: Readonly<Record<string, number>>): string {
  return Object.entries(byName)
    .map(([name, count]) => `${count} ${name}`)
    .join(", ");
}

function windowsOf({ report, releases }: Outcome, which: "before" | "during"): readonly WindowReport[] {
  const names = new Set<string>(releases.map(({ kind }) => windowNames(kind)[which]));
  return report.windows.filter((each) => names.has(each.name));
}

/** In milliseconds, one decimal; null when nothing was answered. */
function percentile(windows: readonly WindowReport[], share: number): number | null {
  const ms = Histogram.from(...windows.map((each) => each.latency)).percentileMs(share);
  return ms === undefined ? null : Math.round(ms * 10) / 10;
}

function medianSeconds({ releases }: Outcome): number | null {
  const seconds = releases.filter(({ kind }) => kind !== "certificate").map((each) => each.seconds);
  return seconds.length === 0 ? null : rounded(timing(seconds).median);
}
