import type { DataSpec } from "../backup/spec.ts";
import type { Mount, Place } from "../container/spec.ts";
import type { Probe, Target } from "../probe/spec.ts";

export interface SmokeTestInputs {
  readonly host: string;
  readonly place: Place;
  /** The release that Rollout answered: exactly this one must serve. */
  readonly release: string;
  readonly probes: readonly Probe[];
  /** Bearer tokens by the names that probes use. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly network: Route;
  readonly edge: Route;
  readonly probeImage: string;
  readonly readySeconds: number;
  /** For the undo. */
  readonly data: DataSpec;
  /** What else a change of must be proved again: edge, switch, stores. */
  readonly upstream: Readonly<Record<string, string>>;
}

/** Where a kind of probe is asked from, and how it reaches its target. */
export interface Route {
  readonly target: Target;
  /** A private network's name, or `host`. */
  readonly from: string;
  /** e.g. the edge's volume, for the certificate of its own CA. */
  readonly mounts: readonly Mount[];
}

export interface SmokeTestOutputs {
  readonly proved: readonly string[];
  readonly provedRelease: string;
}

/** Probes in the order they run: what tells first, what cleans up last. */
export function ordered(probes: readonly Probe[]): {
  readonly tests: readonly Probe[];
  readonly cleanups: readonly Probe[];
} {
  return {
    tests: probes.filter((probe) => probe.cleanup !== true),
    cleanups: probes.filter((probe) => probe.cleanup === true),
  };
}
