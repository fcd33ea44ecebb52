import type Docker from "dockerode";
import type { Place } from "../../components/container/spec.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { Recorded } from "../recorded/recorded.ts";

/** What a look at a stack needs. */
export interface Means {
  readonly engine: Docker;
  readonly runner: Runner;
  readonly place: Place;
  readonly recorded: Recorded;
  /** Paths by workload, see `Web.diagnosticsPath`. */
  readonly diagnostics: Readonly<Record<string, string>>;
  readonly redacted: (text: string) => string;
}

/** Remembers what got no answer, once for each part: what else was asked of it failed for the same reason. */
export class Unanswered {
  readonly unanswered: { part: string; why: string }[] = [];
  readonly #redacted: (text: string) => string;

  constructor(redacted: (text: string) => string) {
    this.#redacted = redacted;
  }

  /** Takes over what another one remembers. */
  take(other: Unanswered): void {
    this.unanswered.push(...other.unanswered);
  }

  /** Does work that may fail. */
  async ask<T>(part: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await work();
    } catch (error) {
      const why = this.#redacted(messageOf(error)).trim();
      if (!this.unanswered.some((each) => each.part === part)) this.unanswered.push({ part, why });
      return undefined;
    }
  }
}
