import type { Release, Replica } from "../steps/journal.ts";

/** How one release follows another: beside it, or one writer at a time. */
export const modes = ["overlap", "stop-first"] as const;
export type Mode = (typeof modes)[number];

/** What Rollout does, in order; each is safe to repeat, and a journal that is open at any of them can be ended by whoever comes next. */
export type Phase =
  /** The candidates' containers, not yet started. */
  | "create"
  /** Requests wait at the switch. */
  | "hold"
  /** The old writer ends and is kept. */
  | "stop"
  | "back-up"
  | "migrate"
  | "start"
  | "ready"
  /** Through the switch, on a listener that users cannot reach. */
  | "probe"
  /** Users reach the new one; new workers begin. The barrier: nothing switches before every candidate was proved. */
  | "switch"
  | "drain"
  /** Old containers stop and are kept for the way back. */
  | "retire"
  | "commit";

export interface Wanted {
  readonly mode: Mode;
  readonly workloads: readonly { readonly name: string; readonly replicas: number; readonly definition: string }[];
  readonly migrates: boolean;
}

/** What runs now, as the host says it; never as the state believes. */
export interface Serving {
  readonly release: Release;
  /** Those of its replicas that are still on the host. */
  readonly live: readonly Live[];
}

export interface Live {
  readonly replica: Replica;
  readonly running: boolean;
  readonly definition: string;
  readonly sameSecrets: boolean;
}

export interface Plan {
  /** Empty when the wanted release already serves. */
  readonly phases: readonly Phase[];
  readonly keep: readonly Replica[];
  /** `index` tells the replicas of one workload apart. */
  readonly create: readonly { readonly workload: string; readonly index: number }[];
  readonly retire: readonly Replica[];
}

/** The release's plan from what was observed. In overlap only what differs is replaced: a missing replica is added, a surplus one retired. */
export function planRelease(serving: Serving | undefined, wanted: Wanted): Plan {
  const live = serving?.live ?? [];
  const fits = (each: Live) =>
    each.running &&
    each.sameSecrets &&
    wanted.workloads.some(({ name, definition }) => name === each.replica.workload && definition === each.definition);
  const perWorkload = wanted.workloads.map((workload) => {
    const fitting = live.filter((each) => each.replica.workload === workload.name && fits(each));
    return { workload, keep: fitting.slice(0, workload.replicas).map(({ replica }) => replica) };
  });
  const keep = perWorkload.flatMap((each) => each.keep);
  const complete = perWorkload.every((each) => each.keep.length === each.workload.replicas);
  const gone = serving?.release.replicas.filter(({ id }) => !live.some(({ replica }) => replica.id === id)) ?? [];
  if (complete && keep.length === live.length && gone.length === 0 && !wanted.migrates) {
    return { phases: [], keep, create: [], retire: [] };
  }
  // One writer at a time: whatever changes, everything that writes is stopped before anything starts.
  const kept = wanted.mode === "stop-first" ? [] : keep;
  const create = perWorkload.flatMap(({ workload, keep: own }) => {
    const missing = workload.replicas - (wanted.mode === "stop-first" ? 0 : own.length);
    return Array.from({ length: missing }, (_, index) => ({ workload: workload.name, index }));
  });
  const retire = live.map(({ replica }) => replica).filter(({ id }) => !kept.some((each) => each.id === id));
  return { phases: phasesOf(wanted, create.length > 0), keep: kept, create, retire };
}

function phasesOf({ mode, migrates }: Wanted, creates: boolean): readonly Phase[] {
  const migrate: readonly Phase[] = migrates ? ["migrate"] : [];
  if (mode === "stop-first") {
    return ["create", "hold", "stop", "back-up", ...migrate, "start", "ready", "probe", "switch", "commit"];
  }
  const prove: readonly Phase[] = creates ? ["create", "start", "ready", "probe"] : [];
  return [...migrate, ...prove, "switch", "drain", "retire", "commit"];
}
