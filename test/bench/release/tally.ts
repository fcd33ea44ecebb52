import type { Failure, FailureKind, Method } from "./failure.ts";
import { Histogram } from "./histogram.ts";
import type { WindowReport } from "./load-config.ts";

/** Failures that are kept word by word; the counts are of all. */
const keptFailures = 50;

/** One request that came back well. Times in milliseconds of one clock. */
export interface Answer {
  readonly method: Method;
  /** When the open loop wanted it sent. */
  readonly due: number;
  readonly done: number;
  readonly version: string | undefined;
}

interface Window {
  readonly name: string;
  readonly from: number;
  /** The version that a stream must come back to. */
  readonly expected: string | undefined;
  readonly latency: Histogram;
  readonly byKind: Map<string, number>;
  readonly versions: Map<string, number>;
  readonly closed: Map<string, number>;
  requests: number;
  holdMs: number;
  backMs: number;
}

/**
 * Counts by window. A request belongs to the window in which it was due: one that a release holds counts for the release, and its
 * latency begins there, so that a stall is not hidden by the requests that it kept from being sent.
 */
export class Tally {
  readonly failures: Failure[] = [];
  readonly #start: number;
  readonly #windows: Window[] = [];
  #lastGood: number;

  constructor(start: number) {
    this.#start = start;
    this.#lastGood = start;
    this.mark("warm up", start);
  }

  mark(name: string, now: number, expected?: string): void {
    this.#windows.push({
      name,
      from: now,
      expected,
      latency: new Histogram(),
      byKind: new Map(),
      versions: new Map(),
      closed: new Map(),
      requests: 0,
      holdMs: 0,
      backMs: 0,
    });
  }

  good({ due, done, version }: Answer): void {
    const window = this.#at(due);
    window.requests++;
    window.latency.record(done - due);
    if (version !== undefined) add(window.versions, version);
    // The window that the silence ends in: a hold lasts until its release lets go.
    const ended = this.#at(done);
    ended.holdMs = Math.max(ended.holdMs, done - this.#lastGood);
    this.#lastGood = Math.max(this.#lastGood, done);
  }

  bad(method: "GET" | "POST", due: number, kind: FailureKind, detail: string): void {
    this.#at(due).requests++;
    this.#fail(method, due, kind, detail);
  }

  streamClosed(at: number, code: number): void {
    add(this.#at(at).closed, String(code));
  }

  /** @param closedAt when the stream had ended */
  streamBack(closedAt: number, now: number): void {
    const window = this.#at(closedAt);
    window.backMs = Math.max(window.backMs, now - closedAt);
  }

  streamFailed(at: number, kind: FailureKind, detail: string): void {
    this.#fail("STREAM", at, kind, detail);
  }

  expectedVersion(at: number): string | undefined {
    return this.#at(at).expected;
  }

  /** A silence that has not ended belongs to the last window. */
  report(now: number): readonly WindowReport[] {
    const last = this.#at(now);
    last.holdMs = Math.max(last.holdMs, now - this.#lastGood);
    return this.#windows.map((window, index) => ({
      name: window.name,
      seconds: Math.round((this.#windows[index + 1]?.from ?? now) - window.from) / 1000,
      requests: window.requests,
      failed: sum(window.byKind),
      byKind: Object.fromEntries(window.byKind),
      latency: { buckets: window.latency.data().buckets.map(([a, b]) => [a, b]), maxMs: window.latency.maxMs },
      holdMs: Math.round(window.holdMs),
      versions: Object.fromEntries(window.versions),
      closed: Object.fromEntries(window.closed),
      backMs: Math.round(window.backMs),
    }));
  }

  #fail(method: Method, time: number, kind: FailureKind, detail: string): void {
    add(this.#at(time).byKind, kind);
    if (this.failures.length < keptFailures)
      this.failures.push({ at: Math.round(time - this.#start) / 1000, method, kind, detail });
  }

  #at(time: number): Window {
    const found = this.#windows.findLast((window) => window.from <= time) ?? this.#windows[0];
    if (found === undefined) throw new Error("the tally has no window");
    return found;
  }
}

function add(counts: Map<string, number>, name: string): void {
  counts.set(name, (counts.get(name) ?? 0) + 1);
}

function sum(counts: ReadonlyMap<string, number>): number {
  return [...counts.values()].reduce((total, count) => total + count, 0);
}
