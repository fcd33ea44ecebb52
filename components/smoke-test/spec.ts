import type { DataSpec } from "../backup/spec.ts";
import type { Mount, Place } from "../container/spec.ts";
import type { DatabaseSecrets } from "../database/spec.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { Address, CommandPlace, Reports } from "../probe/command.ts";
import type { Probe, Target } from "../probe/spec.ts";
import type { Mode } from "../rollout/plan.ts";

export interface SmokeTestInputs {
  readonly host: string;
  readonly place: Place;
  /** The release that Rollout answered: exactly this one must serve. */
  readonly release: string;
  readonly probes: readonly Probe[];
  /** Bearer tokens by the names that probes use. */
  readonly tokens: Readonly<Record<string, string>>;
  readonly network: Route;
  /** Absent for a system without https. */
  readonly edge?: Route;
  /** Where command probes run, by workload; absent when there are none. A secret. */
  readonly commands?: Readonly<Record<string, CommandRun>>;
  readonly probeImage: string;
  readonly readySeconds: number;
  /** For the undo. */
  readonly mode: Mode;
  readonly data: DataSpec;
  readonly dataSecrets: DatabaseSecrets;
  readonly schema: SchemaSpec;
  /** For announcements. */
  readonly environment: string;
  readonly version: string;
  readonly webhook: string;
  /** Beside the release. @default nothing */
  readonly note?: string;
  /** What else a change of must be proved again: edge, switch, stores. */
  readonly upstream: Readonly<Record<string, string>>;
}

/** Where a workload's command probes run, and where they meet the serving release. */
export interface CommandRun extends CommandPlace {
  /** The workload's secret variables, beside the plain ones in `env`. */
  readonly secrets: Readonly<Record<string, string>>;
  readonly at: Address;
}

/** Where a kind of probe is asked from, and how it reaches its target. */
export interface Route {
  readonly target: Target;
  /** A private network's name, or `host`. */
  readonly from: string;
  /** e.g. the edge's volume, for the certificate of its own CA. */
  readonly mounts: readonly Mount[];
  /** Who asks, `uid:gid`. @default root without any capability */
  readonly user?: string;
}

export interface SmokeTestOutputs {
  readonly proved: readonly string[];
  readonly provedRelease: string;
  /** What passed probes said that a user wants to see. */
  readonly reports: Reports;
}
