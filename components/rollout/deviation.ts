import { label, type Place } from "../container/spec.ts";
import { type Journal, knownContainers, promotedBy, type Release, watchJournal } from "../steps/journal.ts";
import { findLease } from "../steps/lease.ts";
import type { Observed, Runner } from "../steps/runner.ts";

/** What a stack's own record on the host says, for preflight. */
export interface Observation {
  /** What is other than the last release left it, in words; empty when nothing is. */
  readonly deviation: string;
  /** A release has begun and is not through: in its phases or in its bake time. */
  readonly underWay: boolean;
  /** The Pulumi state that the stack belongs to; undefined before its first release. */
  readonly owner: string | undefined;
  /** Schema revision of what serves; undefined before the first release. */
  readonly revision?: string | undefined;
  /** Content of the proof that it was promoted by. */
  readonly promoted?: string | undefined;
  /** The release that serves; undefined before the first. */
  readonly serving: Release | undefined;
  /** A container through which the journal's volume is read; undefined before the first launch. */
  readonly reader: string | undefined;
}

/** Read-only: a state that says "unchanged" is no reason to believe that the containers still run. */
export async function observeDeviation(runner: Runner, place: Place): Promise<Observation> {
  const containers = await runner.list({ [label.stack]: place.stack });
  const reader = containers.find((each) => each.labels[label.part] === "switch");
  const workloads = containers.filter((each) => each.labels[label.role] === "workload");
  // Before the first launch, or after `down`: nothing is there to deviate.
  if (reader === undefined) {
    const deviation = workloads.length === 0 ? "" : "the switch is missing";
    return { deviation, underWay: false, owner: undefined, serving: undefined, reader: undefined };
  }
  const journal = await watchJournal(runner, reader);
  const leased = (await findLease(runner, place)) !== undefined;
  const { owner, serving } = journal;
  return {
    deviation: deviationOf(journal, workloads, leased),
    underWay: (journal.open ?? journal.bake) !== undefined,
    owner,
    serving,
    revision: serving?.revision,
    promoted: promotedBy(journal),
    reader: reader.id,
  };
}

/**
 * What of the host is other than the journal says, in one sentence; empty when nothing is.
 * @param leased whether somebody holds the lease: then an open release may be under way
 */
export function deviationOf(journal: Journal, workloads: readonly Observed[], leased: boolean): string {
  if (journal.open !== undefined) return leased ? "a release is in progress or was cut off" : "a release was cut off";
  if (journal.undone !== undefined) return `release ${journal.undone.release} was undone`;
  const { serving, previous } = journal;
  if (serving === undefined) return "no release serves";
  if (journal.bake !== undefined) return `the bake time of release ${serving.id} was cut off`;
  for (const { id, alias } of serving.replicas) {
    const container = workloads.find((each) => each.id === id);
    if (container === undefined) return `the container ${alias} of release ${serving.id} is missing`;
    if (container.state !== "running") return `the container ${alias} of release ${serving.id} is stopped`;
  }
  const known = knownContainers(journal);
  const strays = workloads.filter(({ id }) => !known.has(id)).map(({ name }) => name);
  if (strays.length > 0) return `containers of no release: ${strays.sort().join(", ")}`;
  const serves = new Set(serving.replicas.map(({ id }) => id));
  const kept = workloads.filter(({ id, state }) => !serves.has(id) && state === "running");
  return kept.length > 0 ? `release ${previous?.id} runs beside the one that serves` : "";
}
