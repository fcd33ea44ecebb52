import { NotYet, until } from "../../toolchain/poll.ts";
import { type DataAccess, restore } from "../backup/sets.ts";
import { label, type Place } from "../container/spec.ts";
import { withLogPaused } from "../litestream/pause.ts";
import { withBench } from "../migration/bench.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { inTime } from "../steps/deadline.ts";
import {
  type Back,
  committed,
  holdPurpose,
  type Open,
  openGates,
  type Release,
  type Replica,
  schemaChange,
  workersOf,
} from "../steps/journal.ts";
import { type Lease, withLease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import { reapSessions } from "../steps/session.ts";
import { Control } from "../switch/control.ts";
import type { Mode } from "./plan.ts";
import { onlyIn } from "./spec.ts";

/** How long an old release that is started again may take to answer before users are sent to it all the same. */
const healthySeconds = 30;

/** What ending an open release needs beside the journal. */
export interface Means {
  readonly mode: Mode;
  readonly access: DataAccess;
  readonly schema: SchemaSpec;
}

/** Takes the lease, first mends what a killed step left (its sessions, its open release), then does the work. */
export function recovered<T>(
  runner: Runner,
  place: Place,
  means: Means,
  purpose: string,
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  return withLease(runner, place, { purpose, image: means.access.data.image }, async (lease) => {
    const reaped = await reapSessions(runner, place);
    await mendOpen(lease, means);
    // A backup was killed while it held the workers; what would have let them go is gone now.
    const { serving } = lease.journal;
    if (reaped.includes(holdPurpose) && serving !== undefined) await letWork(lease, serving);
    await lease.check();
    return work(lease);
  });
}

/**
 * Ends a release that was begun and not committed. One that was proved ready may have been reached by users already: it goes forward,
 * because going back would lose what they wrote. Any other is undone. Safe to repeat after a crash at any point of itself.
 */
export async function mendOpen(lease: Lease, means: Means): Promise<"nothing was open" | "finished" | "undone"> {
  const { open } = lease.journal;
  if (open === undefined) return "nothing was open";
  if (open.ready !== undefined && (await areThere(lease, open.ready.replicas))) {
    await finish(lease, open.ready, open.from);
    return "finished";
  }
  await undoOpen(lease, means);
  return "undone";
}

/** From the barrier on there is only forward: what a crash left of switch, retire and commit. */
async function finish(lease: Lease, ready: Release, from: Release | undefined): Promise<void> {
  await switchOver(lease, ready, from);
  await stopKept(lease, retiredBy(ready, from));
  await settle(lease, ready);
}

/** The barrier is passed: users reach the new release, its workers begin. */
export async function switchOver(lease: Lease, ready: Release, from: Release | undefined): Promise<void> {
  await Promise.all(ready.replicas.map(({ id }) => lease.runner.start(id)));
  const single = retiredBy(ready, from).filter((replica) => replica.single);
  await stopKept(lease, single);
  await letWork(lease, ready);
  await new Control(lease.runner, lease.place).route(ready.traffic);
}

/** The commit: containers of the release come back after a restart of the host, and the journal says that it serves. */
export async function settle(lease: Lease, ready: Release): Promise<void> {
  await new Control(lease.runner, lease.place).free(Object.keys(ready.traffic));
  await Promise.all(ready.replicas.map(({ id }) => lease.runner.setRestart(id, "unless-stopped")));
  await lease.save(committed(lease.journal, ready));
}

function retiredBy(ready: Release, from: Release | undefined): readonly Replica[] {
  return from === undefined ? [] : onlyIn(from, ready);
}

/** Safe to repeat. */
async function letWork({ runner, id }: Lease, release: Release): Promise<void> {
  const workers = workersOf(release);
  if (workers.length > 0) await openGates(runner, id, [...new Set(workers.map(({ madeBy }) => madeBy))]);
}

/** Candidate away, data as before, the old release back. */
async function undoOpen(lease: Lease, means: Means): Promise<void> {
  const { open } = lease.journal;
  if (open === undefined) return;
  const control = new Control(lease.runner, lease.place);
  const from = open.from !== undefined && (await areThere(lease, open.from.replicas)) ? open.from : undefined;
  if (open.held) {
    await control.hold(Object.keys(await control.serving()));
    // Who writes must have ended before the data are changed beneath it.
    await stopKept(lease, [
      ...(await replicasOf(lease, open.release)),
      ...(open.back ? (open.from?.replicas ?? []) : []),
    ]);
    await goBack(lease, means, open);
  }
  // Never two at a time: the old ones begin again below.
  await stopKept(
    lease,
    (open.ready?.replicas ?? []).filter(({ single }) => single),
  );
  if (from !== undefined) await bringBack(lease, control, from);
  await removeRelease(lease, control, open.release);
  const { open: _, serving, ...before } = lease.journal;
  // Beside a release that served on, a migration stays; where all was stopped the data went back.
  const rest = open.held ? before : { ...before, ...schemaChange(open) };
  // Somebody removed the old containers by hand: then nothing serves, and the next release starts from the data alone.
  await lease.save(
    serving !== undefined && (open.from === undefined || from !== undefined) ? { ...rest, serving } : rest,
  );
}

async function goBack(lease: Lease, { access, schema }: Means, open: Open): Promise<void> {
  const { back } = open;
  if (back === undefined || back.by === "code") return;
  if (back.by === "restore") await putBack(lease, access, back.set);
  else await downgrade(lease, { access, schema }, back);
  // From here on the old writer may run: a crash now must not change the data again beneath it.
  const { back: _, ...done } = open;
  await lease.save({ ...lease.journal, open: done });
}

/** A set over the live data, whose log nobody receives meanwhile. */
export function putBack({ runner, place }: Lease, access: DataAccess, set: string): Promise<void> {
  return withLogPaused(runner, place, access.data, () => restore(runner, place, access, set));
}

/** With the newer image, which alone knows the newer revision. */
export async function downgrade(
  lease: Lease,
  { access, schema }: Pick<Means, "access" | "schema">,
  back: Extract<Back, { by: "downgrade" }>,
): Promise<void> {
  const newer = { ...access, data: { ...access.data, image: back.image } };
  await withBench(lease.runner, lease.place, "downgrade", newer, schema, async (bench) => {
    if ((await bench.revision("live")) !== back.to) await bench.downgrade(back.to, "live");
    await bench.prove(back.to, "live");
  });
}

async function bringBack(lease: Lease, control: Control, from: Release): Promise<void> {
  const { runner } = lease;
  await Promise.all(
    from.replicas.map(async ({ id }) => {
      await runner.setRestart(id, "unless-stopped");
      await runner.start(id);
    }),
  );
  await Promise.all(from.replicas.map((replica) => healthyAgain(runner, replica)));
  await control.route(from.traffic);
  await control.drained(Object.keys(from.traffic), 1);
}

/** One that listens before it can answer would turn what users wait for into errors. Bounded: whatever it says then, it is the best there is. */
async function healthyAgain(runner: Runner, { id, health }: Replica): Promise<void> {
  if (health === undefined) return;
  const look = async () => (await answers(runner, id, health)) || new NotYet(undefined);
  await until(look, { seconds: healthySeconds, everyMs: 250, late: () => false });
}

async function answers(runner: Runner, id: string, health: readonly string[]): Promise<boolean> {
  try {
    const silent = { exitCode: -1, output: "" };
    return (await inTime(runner.exec(id, { argv: health }), healthySeconds, silent)).exitCode === 0;
  } catch {
    // The engine refuses while the container does not run: no answer either.
    return false;
  }
}

/** Kept for the way back, and stopped: with its restart policy left, a Docker restart would revive a second writer. */
export async function stopKept({ runner }: Lease, replicas: readonly Replica[]): Promise<void> {
  await Promise.all(
    replicas.map(async ({ id, stopGraceSeconds }) => {
      await runner.setRestart(id, "no");
      await runner.stop(id, stopGraceSeconds);
    }),
  );
}

/** Whether all of these containers still exist, running or not: a release with fewer cannot be gone back to. */
export async function areThere(lease: Lease, replicas: readonly Replica[]): Promise<boolean> {
  const found = await lease.runner.list({ [label.stack]: lease.place.stack, [label.role]: "workload" });
  return replicas.every(({ id }) => found.some((container) => container.id === id));
}

/** A candidate that failed has no users: it need not finish anything. */
const undoGraceSeconds = 10;

async function replicasOf(lease: Lease, release: string): Promise<readonly Replica[]> {
  const found = await lease.runner.list({ [label.stack]: lease.place.stack, [label.release]: release });
  return found.map(({ id, name, labels }) => ({
    id,
    alias: name,
    workload: labels[label.part] ?? "",
    madeBy: release,
    single: false,
    stopGraceSeconds: undoGraceSeconds,
  }));
}

async function removeRelease(lease: Lease, control: Control, release: string): Promise<void> {
  const replicas = await replicasOf(lease, release);
  await stopKept(lease, replicas);
  await Promise.all(replicas.map(({ id }) => lease.runner.remove(id)));
  await control.free(Object.keys(await control.serving()));
}

/** Replicas that the previous release has and the serving one has not; those that somebody removed by hand aside. */
export async function onlyKept(lease: Lease): Promise<readonly Replica[]> {
  const { previous, serving } = lease.journal;
  if (previous === undefined) return [];
  const kept = serving === undefined ? previous.replicas : onlyIn(previous, serving);
  const found = await lease.runner.list({ [label.stack]: lease.place.stack, [label.role]: "workload" });
  return kept.filter(({ id }) => found.some((container) => container.id === id && container.state === "running"));
}
