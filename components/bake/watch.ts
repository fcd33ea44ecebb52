import { type Clock, systemClock } from "../../toolchain/poll.ts";
import { messageOf } from "../steps/failure.ts";
import { type Baseline, judge } from "./judge.ts";
import { longestWindowSeconds, question, type Trigger } from "./spec.ts";

/** Asks one PromQL question. Undefined: no data. Throws when there was no answer at all. */
export type Ask = (query: string) => Promise<number | undefined>;

/** Undefined when all is well, else a sentence. */
export type Check = () => Promise<string | undefined>;

export interface Watch {
  readonly ask: Ask;
  readonly triggers: readonly Trigger[];
  readonly baseline: Baseline;
  /** How long to watch; asked a last time at the end. */
  readonly seconds: number;
  /** Not shorter than Prometheus' scrape interval: two rounds must see two samples. */
  readonly everySeconds: number;
  /** Whether the release's containers run, and did not restart. One answer is enough, it is no noise. */
  readonly alive: Check;
  /** Whether the data are as the system's SQL assertions say. One answer is enough as well. */
  readonly valid?: Check;
  /** Throws when the step must stop: its lease is gone, or the engine. Called each round. */
  readonly mayGoOn: () => Promise<void>;
  readonly clock?: Clock;
}

export interface Watched {
  /** Why the release must go; undefined when it may stay. */
  readonly tripped?: string;
  /** Rounds in which every question was asked. */
  readonly samples: number;
  readonly seconds: number;
  /** Triggers that never had a value: they proved nothing. */
  readonly silent: readonly string[];
  /** The last question that got no answer, and why: a Prometheus that is down is no reason to undo a release, but must be heard of. */
  readonly unanswered?: string;
}

/**
 * Watches a release until the time is over or something trips. A trigger must trip in two rounds one after the other: one sample may be noise;
 * one that trips for the first time in the last round gets one round more. The window never reaches back before the start, else errors of the
 * old release would condemn the new one.
 */
export async function watch(options: Watch): Promise<Watched> {
  const { seconds, everySeconds, clock = systemClock } = options;
  const start = clock.now();
  const elapsed = () => (clock.now() - start) / 1000;
  const heard = new Heard();
  let samples = 0;
  const result = (tripped?: string): Watched => ({
    ...(tripped !== undefined && { tripped }),
    samples,
    seconds: Math.round(elapsed()),
    ...heard.of(options.triggers),
  });
  let suspects: Verdicts = new Map();
  for (let last = false; ; ) {
    await clock.pause(1000 * (last ? everySeconds : Math.max(0, Math.min(everySeconds, seconds - elapsed()))));
    await options.mayGoOn();
    const problem = (await options.alive()) ?? (await options.valid?.());
    if (problem !== undefined) return result(problem);
    const verdicts = await judgeAll(options, Math.min(elapsed(), longestWindowSeconds), heard);
    samples += 1;
    const confirmed = [...verdicts].find(([name]) => suspects.has(name));
    if (confirmed !== undefined) return result(confirmed[1]);
    if (elapsed() >= seconds && (last || verdicts.size === 0)) return result();
    last = elapsed() >= seconds;
    suspects = verdicts;
  }
}

/** What is wrong, by trigger. */
type Verdicts = ReadonlyMap<string, string>;

async function judgeAll({ ask, triggers, baseline }: Watch, windowSeconds: number, heard: Heard): Promise<Verdicts> {
  const verdicts = new Map<string, string>();
  for (const trigger of triggers) {
    const answer = await asked(ask, question(trigger, windowSeconds));
    heard.note(trigger, answer);
    const verdict = judge(trigger, baseline, answer.value);
    if (verdict !== undefined) verdicts.set(trigger.name, verdict);
  }
  return verdicts;
}

/** Which triggers ever had a value, and which question failed last. */
class Heard {
  readonly #names = new Set<string>();
  #failure: string | undefined;

  note({ name }: Trigger, { value, failure }: Reply): void {
    if (value !== undefined) this.#names.add(name);
    if (failure !== undefined) this.#failure = `${name}: ${failure}`;
  }

  of(triggers: readonly Trigger[]): Pick<Watched, "silent" | "unanswered"> {
    const silent = triggers.map(({ name }) => name).filter((name) => !this.#names.has(name));
    return { silent, ...(this.#failure !== undefined && { unanswered: this.#failure }) };
  }
}

/** The values that the baseline triggers compare with, asked before the switch. One that cannot be asked has none. */
export async function measure(
  ask: Ask,
  triggers: readonly Trigger[],
  windowSeconds = longestWindowSeconds,
): Promise<Baseline> {
  const values: Record<string, number> = {};
  for (const trigger of triggers) {
    if (trigger.kind !== "baseline") continue;
    const { value } = await asked(ask, question(trigger, windowSeconds));
    if (value !== undefined) values[trigger.name] = value;
  }
  return values;
}

interface Reply {
  readonly value?: number;
  readonly failure?: string;
}

async function asked(ask: Ask, query: string): Promise<Reply> {
  try {
    const value = await ask(query);
    return value === undefined || !Number.isFinite(value) ? {} : { value };
  } catch (error) {
    return { failure: messageOf(error) };
  }
}
