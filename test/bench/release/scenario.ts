/** What the bench does with each system, as plain data: its config, its requests, and the five kinds of release. */
import type { Protocol } from "./load-config.ts";
import type { Change, Release } from "./releases.ts";

/** A command in the one running container of a part. */
export interface PartCommand {
  readonly part: string;
  readonly argv: readonly string[];
}

/** Where a system does not carry the load of the others. */
export interface Rate {
  readonly requestsPerSecond: number;
  /** Which part of them are writes, 0 to 1. */
  readonly postShare: number;
  /** Why it is another one; what was measured. */
  readonly why: string;
}

/** What a system needs outside its stack; see outside.ts. */
export type Need = "openai" | "anthropic" | "tiny model";

export interface Scenario {
  readonly system: string;
  readonly mode: "stop-first" | "overlap";
  readonly domain: string;
  /** Before the first launch. */
  readonly setUp: readonly Change[];
  /** @default none */
  readonly needs?: readonly Need[];
  readonly protocol: Protocol;
  /** @default that of `load` */
  readonly rate?: Rate;
  /** Prints the bearer of the requests. */
  readonly bearer?: PartCommand;
  /** Prints the keys that were written, one a line; `$prefix` becomes the run's own. */
  readonly written: PartCommand;
  readonly web: { readonly part: string; readonly port: number };
  /** What compose starts instead: Slipway's workers wait behind a gate that only Rollout opens. */
  readonly composeCommands: Readonly<Record<string, readonly string[]>>;
  readonly releases: readonly Release[];
}

/**
 * More than the 300 requests a second that are promised, and 20 streams. One Python process of TMWS answers some 350 of them a second on two
 * cores, fewer when it writes more: a load that it cannot carry without a release would measure a queue.
 */
export const load = {
  requestsPerSecond: 305,
  postShare: 0.08,
  freshShare: 0.02,
  connections: 16,
  timeoutMs: 10_000,
  streams: { count: 20, backWithinMs: 2_000, silentAfterMs: 5_000 },
} as const;

export function loadOf({ rate }: Pick<Scenario, "rate">) {
  const { requestsPerSecond, postShare } = rate ?? load;
  return { ...load, requestsPerSecond, postShare };
}

/** Seconds of load around each release: what it is compared with, and what it may still do to requests afterwards. */
export const stretches = { warmUp: 5, before: 8, after: 4 } as const;
