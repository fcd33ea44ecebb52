import type { Golden, Minute } from "./report.ts";
import { quantile, type Request } from "./requests.ts";

export const hourMs = 3_600_000;
export const minuteMs = 60_000;

/** What Prometheus knows of the hour, by the minute's end in ms since 1970; a minute that it does not know is not in it. */
export interface Metered {
  readonly requests: ReadonlyMap<number, number>;
  readonly errors: ReadonlyMap<number, number>;
  readonly saturation: ReadonlyMap<number, number>;
}

export const nothingMetered: Metered = { requests: new Map(), errors: new Map(), saturation: new Map() };

/** How far back the switch's log goes. */
export interface Reach {
  /** The time of its first line. */
  readonly from: number;
  /** Nothing was rotated away: the switch began with that line. */
  readonly whole: boolean;
}

/** The ends of the sixty minutes before a time, oldest first. */
export function minuteEnds(now: number): readonly number[] {
  return Array.from({ length: 60 }, (_, place) => now - (59 - place) * minuteMs);
}

/**
 * The golden signals of the hour. The switch's log is exact, so it counts as far back as it reaches; before that, where it was rotated away,
 * Prometheus counts. Quantiles are the log's alone: HAProxy's metrics have averages, of which no quantile can be made.
 */
export function goldenOf(requests: readonly Request[], metered: Metered, now: number, log: Reach): Golden {
  const within = requests.filter(({ at }) => at > now - hourMs && at <= now);
  const ends = minuteEnds(now);
  const counted = ends.map((end) => {
    const own = within.filter(({ at }) => at > end - minuteMs && at <= end);
    const failed = own.filter((each) => each.failed).length;
    const begins = log.whole ? end : end - minuteMs;
    if (log.from <= begins) return { end, count: own.length, failed, own };
    // The log has none of this minute, or a part of it.
    const count = Math.max(own.length, metered.requests.get(end) ?? 0);
    return { end, count, failed: Math.max(failed, metered.errors.get(end) ?? 0), own };
  });
  const total = sum(counted.map(({ count }) => count));
  const times = timesOf(within);
  const saturations = ends.flatMap((end) => metered.saturation.get(end) ?? []);
  return {
    from: iso(now - hourMs),
    requests: Math.round(total),
    requestsPerSecond: rounded(total / (hourMs / 1000)),
    errorRatio: ratio(sum(counted.map(({ failed }) => failed)), total),
    p50Ms: quantile(times, 0.5) ?? null,
    p99Ms: quantile(times, 0.99) ?? null,
    latencyFrom: iso(Math.max(log.from, now - hourMs)),
    saturation: saturations.length === 0 ? null : Math.max(...saturations),
    minutes: counted.map(({ end, count, failed, own }): Minute => {
      const waited = timesOf(own);
      return {
        at: iso(end),
        requestsPerSecond: rounded(count / 60),
        errorRatio: ratio(failed, count),
        p50Ms: quantile(waited, 0.5) ?? null,
        p99Ms: quantile(waited, 0.99) ?? null,
        saturation: metered.saturation.get(end) ?? null,
      };
    }),
  };
}

function timesOf(requests: readonly Request[]): readonly number[] {
  return requests.flatMap(({ ms }) => ms ?? []);
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : Number((part / whole).toPrecision(4));
}

function rounded(value: number): number {
  return Number(value.toPrecision(4));
}

function sum(values: readonly number[]): number {
  return values.reduce((all, each) => all + each, 0);
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
