import { setTimeout as sleep } from "node:timers/promises";

/** Polling, the one way of it: for what nobody tells of, another process's lock, a daemon's socket, a container's state. */

/** A test brings a clock of its own. */
export interface Clock {
  /** Milliseconds, of no certain beginning. */
  now(): number;
  pause(ms: number): Promise<void>;
}

/** It never jumps, as the time of day may when a host sets it. */
export const systemClock: Clock = { now: () => performance.now(), pause: (ms) => sleep(ms) };

/** What a look found that is not what it waits for. */
export class NotYet<S> {
  readonly seen: S;

  constructor(seen: S) {
    this.seen = seen;
  }
}

export interface Patience<T, S> {
  /** From the beginning of the first look, what looks take included. `Infinity`: for ever. */
  readonly seconds: number;
  /** The pause between two looks, in milliseconds. */
  readonly everyMs: number;
  /**
   * When the time is over: answers in place of what did not come, or throws, by what was seen last. A text is who did not do what, and makes the error
   * `<text> within <seconds> s: <seen>`.
   */
  readonly late: string | ((seen: S) => T | Promise<T>);
  /** @default the system's */
  readonly clock?: Clock;
}

/**
 * Looks until there is something else than NotYet, and answers it. It looks once however short the time is, and a look that has begun is never cut
 * off: one that may hang brings its own limit. What a look throws ends it at once.
 */
export async function until<T, S>(
  look: () => Promise<T | NotYet<S>>,
  { seconds, everyMs, late, clock = systemClock }: Patience<T, S>,
): Promise<T> {
  const end = clock.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (!isNotYet(found)) return found;
    if (clock.now() >= end) {
      if (typeof late === "function") return late(found.seen);
      throw new Error(`${late} within ${seconds} s: ${String(found.seen).trim() || "no answer"}`);
    }
    await clock.pause(everyMs);
  }
}

function isNotYet<T, S>(found: T | NotYet<S>): found is NotYet<S> {
  return found instanceof NotYet;
}
