import { restore } from "../backup/sets.ts";
import type { DataSpec } from "../backup/spec.ts";
import { label, type Place } from "../container/spec.ts";
import type { Journal, Release } from "../steps/journal.ts";
import { type Lease, withLease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import { reapSessions } from "../steps/session.ts";

/** Takes the lease, first mends what a killed step left (its sessions, its open release), then does the work. */
export function recovered<T>(
  runner: Runner,
  place: Place,
  data: DataSpec,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  return withLease(runner, place, { purpose, image: data.image }, async (lease) => {
    await reapSessions(runner, place);
    if (lease.journal.open !== undefined) await undoOpen(lease, data);
    await lease.check();
    return work(lease);
  });
}

/** Undoes a release that was begun and not committed: candidate away, data as before, the old release back. Safe to repeat. */
export async function undoOpen(lease: Lease, data: DataSpec): Promise<void> {
  const { open, ...rest } = lease.journal;
  if (open === undefined) return;
  await removeRelease(lease, open.release);
  if (open.dataTouched && open.set !== undefined) await restore(lease.runner, lease.place, data, open.set);
  if (open.from !== undefined) await bringBack(lease, open.from);
  await lease.save(rest);
}

/**
 * Undoes the serving release after its commit, because what came later showed it to be bad. Where it changed the schema, the data go back
 * to the set it began with; what was written since is in the set that this takes first. Answers the journal's words for the user.
 */
export async function undoServing(
  lease: Lease,
  data: DataSpec,
  why: string,
  takeEmergencySet: () => Promise<string>,
): Promise<string> {
  const { serving, previous, startedFrom } = lease.journal;
  if (serving === undefined || previous === undefined)
    return "there is no earlier release to go back to; this one keeps running, unproved";
  const schemaChanged = previous.revision !== serving.revision;
  await stopRelease(lease, serving);
  const emergency = schemaChanged ? await takeEmergencySet() : undefined;
  const undoing: Journal = {
    serving: previous,
    undone: { release: serving.id, why },
    open: {
      release: serving.id,
      from: previous,
      dataTouched: schemaChanged,
      ...(startedFrom !== undefined && { set: startedFrom }),
    },
  };
  // From here on a crash is mended like any open release.
  await lease.save(undoing);
  await undoOpen(lease, data);
  return emergency === undefined
    ? `release ${previous.id} serves again`
    : `release ${previous.id} serves again with the data of ${startedFrom}; what was written since is in backup set ${emergency}`;
}

export async function bringBack(lease: Lease, release: Release): Promise<void> {
  await lease.runner.setRestart(release.container, "unless-stopped");
  await lease.runner.start(release.container);
}

async function stopRelease(lease: Lease, release: Release): Promise<void> {
  await lease.runner.stop(release.container, 30);
}

async function removeRelease(lease: Lease, release: string): Promise<void> {
  const containers = await lease.runner.list({ [label.stack]: lease.place.stack, [label.release]: release });
  await Promise.all(containers.map((container) => lease.runner.remove(container.id)));
}
