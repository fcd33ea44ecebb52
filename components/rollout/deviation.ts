import { label, type Place } from "../container/spec.ts";
import { type Journal, readJournal } from "../steps/journal.ts";
import { findLease } from "../steps/lease.ts";
import type { Observed, Runner } from "../steps/runner.ts";

/**
 * What on the host is other than the last release left it, in words; empty when nothing is. Read-only, for preflight: a state that says
 * "unchanged" is no reason to believe that the container still runs.
 */
export async function observeDeviation(runner: Runner, place: Place): Promise<string> {
  const containers = await runner.list({ [label.stack]: place.stack });
  const reader = containers.find((each) => each.labels[label.part] === "switch");
  const workloads = containers.filter((each) => each.labels[label.role] === "workload");
  // Before the first launch, or after `down`: nothing is there to deviate.
  if (reader === undefined) return workloads.length === 0 ? "" : "the switch is missing";
  return deviationOf(await readJournal(runner, reader), workloads, (await findLease(runner, place)) !== undefined);
}

export function deviationOf(journal: Journal, workloads: readonly Observed[], leased: boolean): string {
  if (journal.open !== undefined) return leased ? "a release is in progress or was cut off" : "a release was cut off";
  if (journal.undone !== undefined) return `release ${journal.undone.release} was undone`;
  const { serving, previous } = journal;
  if (serving === undefined) return "no release serves";
  const container = workloads.find((each) => each.id === serving.container);
  if (container === undefined) return `the container of release ${serving.id} is missing`;
  if (container.state !== "running") return `the container of release ${serving.id} is stopped`;
  const strays = workloads.filter((each) => each.id !== serving.container && each.id !== previous?.container);
  if (strays.length > 0)
    return `containers of no release: ${strays
      .map((each) => each.name)
      .sort()
      .join(", ")}`;
  return workloads.some((each) => each.id === previous?.container && each.state === "running")
    ? `release ${previous?.id} runs beside the one that serves`
    : "";
}
