import type { Clock } from "../../toolchain/poll.ts";
import type { Alarms } from "../steps/alarms.ts";
import { messageOf } from "../steps/failure.ts";
import type { Check } from "./watch.ts";

/** The bake time where somebody else counts: alarms in place of questions to Prometheus. */

export interface AlarmWatch {
  readonly alarms: Alarms;
  readonly names: readonly string[];
  /** When the release began to come, by the alarms' clock, ms: what was raised before is not its doing. */
  readonly began: number;
  /** How long to watch; asked a last time at the end. */
  readonly seconds: number;
  readonly everySeconds: number;
  /** Whether its processes run. Two answers one after the other count: one may be a machine that was taken away. */
  readonly alive: Check;
  readonly clock: Clock;
}

/**
 * Watches until the time is over or something is wrong. Answers why the release must go, undefined when it may stay.
 * @throws Error when the alarms never answered: nothing was watched
 */
export async function watchAlarms(options: AlarmWatch): Promise<string | undefined> {
  const { seconds, everySeconds, clock } = options;
  const start = clock.now();
  const elapsed = () => (clock.now() - start) / 1000;
  let answered = false;
  let silence = "";
  let suspect = false;
  for (;;) {
    const last = elapsed() >= seconds;
    const dead = await options.alive();
    if (dead !== undefined && suspect) return dead;
    suspect = dead !== undefined;
    try {
      const bad = (await options.alarms.raised(options.names)).find(({ since }) => since >= options.began);
      answered = true;
      if (bad !== undefined) return `${bad.name} is in alarm: ${bad.why}`;
    } catch (error) {
      silence = messageOf(error);
    }
    // A suspicion in the last round gets one more.
    if (last && !suspect) break;
    await clock.pause(1000 * (last ? everySeconds : Math.max(0, Math.min(everySeconds, seconds - elapsed()))));
  }
  if (!answered) throw new Error(silence);
  return undefined;
}
