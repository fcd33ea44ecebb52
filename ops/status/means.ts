import type Docker from "dockerode";
import type { Place } from "../../components/container/spec.ts";
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

/** Does work that may fail: what got no answer is remembered under its part. */
export interface Asker {
  ask<T>(part: string, work: () => Promise<T>): Promise<T | undefined>;
}
