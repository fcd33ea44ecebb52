import { restore } from "../backup/sets.ts";
import type { DataSpec } from "../backup/spec.ts";
import { label, type Place } from "../container/spec.ts";
import { committed, type Journal, type Release } from "../steps/journal.ts";
import { type Lease, withLease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import { reapSessions } from "../steps/session.ts";

const stopGraceSeconds = 30;

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
    await mendOpen(lease, data);
    await lease.check();
    return work(lease);
  });
}

/**
 * Ends a release that was begun and not committed. One that was proved ready may have been reached by users already: it goes forward,
 * because going back would lose what they wrote. Any other is undone. Safe to repeat after a crash at any point of itself.
 */
export async function mendOpen(lease: Lease, data: DataSpec): Promise<"nothing was open" | "finished" | "undone"> {
  const { open } = lease.journal;
  if (open === undefined) return "nothing was open";
  if (open.ready !== undefined && (await isThere(lease, open.ready.release))) {
    await finish(lease, open.ready);
    return "finished";
  }
  await undoOpen(lease, data);
  return "undone";
}

type Ready = NonNullable<NonNullable<Journal["open"]>["ready"]>;

/** The cutover and the commit: gives the constant aliases to the candidate and writes that it serves. */
export async function finish(lease: Lease, ready: Ready): Promise<void> {
  const { release, networks, restart } = ready;
  await lease.runner.start(release.container);
  for (const network of networks) await lease.runner.realias(release.container, network.name, network.aliases);
  await lease.runner.setRestart(release.container, restart);
  await lease.save(committed(lease.journal, release));
}

/** Candidate away, data as before, the old release back. */
async function undoOpen(lease: Lease, data: DataSpec): Promise<void> {
  const { open } = lease.journal;
  if (open === undefined) return;
  await removeRelease(lease, open.release);
  if (open.dataTouched && open.set !== undefined) {
    if (open.from !== undefined) await lease.runner.stop(open.from.container, stopGraceSeconds);
    await restore(lease.runner, lease.place, data, open.set);
    // From here on the old writer may run: a crash now must not restore again beneath it.
    await lease.save({ ...lease.journal, open: { ...open, dataTouched: false } });
  }
  const back = open.from !== undefined && (await isThere(lease, open.from));
  if (open.from !== undefined && back) await bringBack(lease, open.from);
  const { open: _, serving, ...rest } = lease.journal;
  // Somebody removed the old container by hand: then nothing serves, and the next release starts from the data alone.
  await lease.save(serving !== undefined && (open.from === undefined || back) ? { ...rest, serving } : rest);
}

/**
 * Undoes the serving release because the proof that follows its commit failed. Where it changed the schema, the data go back to the set
 * it began with; what was written since is in the set that this takes first. Answers the outcome for the user.
 */
export async function undoServing(
  lease: Lease,
  data: DataSpec,
  why: string,
  takeEmergencySet: () => Promise<string>,
): Promise<string> {
  const { serving, previous, startedFrom, proved } = lease.journal;
  if (serving === undefined) return "No release serves.";
  if (proved === serving.id)
    return `Release ${serving.id} was proved before and keeps serving: look at what changed around it.`;
  if (previous === undefined || !(await isThere(lease, previous))) {
    return "There is no earlier release to go back to: this one keeps running, unproved.";
  }
  const schemaChanged = previous.revision !== serving.revision;
  await lease.runner.setRestart(serving.container, "no");
  await lease.runner.stop(serving.container, stopGraceSeconds);
  const emergency = schemaChanged ? await takeEmergencySet() : undefined;
  // From here on a crash is mended like any open release.
  await lease.save({
    serving: previous,
    ...(proved !== undefined && { proved }),
    undone: { release: serving.id, why },
    open: {
      release: serving.id,
      from: previous,
      dataTouched: schemaChanged,
      ...(startedFrom !== undefined && { set: startedFrom }),
    },
  });
  await undoOpen(lease, data);
  return emergency === undefined
    ? `Undone: release ${previous.id} serves again.`
    : `Undone: release ${previous.id} serves again with the data of ${startedFrom}; what was written since is in backup set ${emergency}.`;
}

/** The kept release must stay stopped: two writers on one database corrupt it. */
export async function stopKept(lease: Lease): Promise<void> {
  const { previous } = lease.journal;
  if (previous === undefined || !(await isThere(lease, previous))) return;
  await lease.runner.setRestart(previous.container, "no");
  await lease.runner.stop(previous.container, stopGraceSeconds);
}

async function bringBack(lease: Lease, release: Release): Promise<void> {
  await lease.runner.setRestart(release.container, "unless-stopped");
  await lease.runner.start(release.container);
}

async function isThere(lease: Lease, release: Release): Promise<boolean> {
  const found = await lease.runner.list({ [label.stack]: lease.place.stack, [label.release]: release.id });
  return found.some((container) => container.id === release.container);
}

async function removeRelease(lease: Lease, release: string): Promise<void> {
  const containers = await lease.runner.list({ [label.stack]: lease.place.stack, [label.release]: release });
  await Promise.all(containers.map((container) => lease.runner.remove(container.id)));
}
