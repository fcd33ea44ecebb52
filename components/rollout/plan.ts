import type { Journal, Release } from "../steps/journal.ts";

/** What Rollout does, in order; each is safe to repeat and is undone by the open journal. */
export type Phase = "stop" | "back-up" | "migrate" | "start" | "ready" | "cut-over";

export interface Wanted {
  /** Of the container without its secrets, see `definitionOf`. */
  readonly definition: string;
  readonly revision: string;
}

/** What runs now, as the host says it; never as the state believes. */
export interface Serving {
  readonly release: Release;
  readonly running: boolean;
  readonly definition: string;
  readonly sameSecrets: boolean;
}

/** The phases of a stop-first release from what was observed; none when the wanted release already serves. */
export function planStopFirst(serving: Serving | undefined, wanted: Wanted): readonly Phase[] {
  if (serving === undefined) return ["stop", "back-up", "migrate", "start", "ready", "cut-over"];
  const same =
    serving.running &&
    serving.definition === wanted.definition &&
    serving.sameSecrets &&
    serving.release.revision === wanted.revision;
  return same ? [] : ["stop", "back-up", "migrate", "start", "ready", "cut-over"];
}

/** Releases whose containers belong on the host; all others are strays. */
export function knownReleases(journal: Journal): ReadonlySet<string> {
  return new Set([journal.serving?.id, journal.previous?.id].filter((id) => id !== undefined));
}
