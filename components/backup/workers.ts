import { NotYet, until } from "../../toolchain/poll.ts";
import { resourceName } from "../container/spec.ts";
import { gatesPath, holdPurpose, journalPath, type Replica, workersOf } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";

const pollMs = 250;

export interface Held<T> {
  readonly done: T;
  /** No worker worked from before the work until after it. */
  readonly held: boolean;
}

/**
 * Does something while the workers that serve do nothing: each is asked to end, as by a release, finishes the tasks that it has, and is started again
 * by the engine behind the gate of its release, which is closed until the work is done. Nobody is killed: one that goes on for longer than its
 * grace is left to it, and then they were not held. The gate opens by itself after `seconds`, should this process end meanwhile.
 */
export async function withWorkersHeld<T>(
  lease: Lease,
  image: string,
  seconds: number,
  work: () => Promise<T>,
): Promise<Held<T>> {
  const { runner, place, journal } = lease;
  const workers = journal.serving === undefined ? [] : workersOf(journal.serving);
  if (workers.length === 0) return { done: await work(), held: true };
  const gates = [...new Set(workers.map(({ madeBy }) => madeBy))];
  const grace = Math.max(...workers.map(({ stopGraceSeconds }) => stopGraceSeconds));
  const journalVolume = {
    volume: resourceName({ stack: place.stack, system: place.system }, "journal"),
    path: journalPath,
  };
  const request = { image, user: "0:0", env: {}, mounts: [journalVolume], network: [], memoryMb: 64 };
  return withSession(runner, place, holdPurpose, request, async (session) => {
    await session.must("closing the workers' gate", { argv: closeGates(gates, grace + seconds) });
    try {
      const ended = await Promise.all(workers.map((worker) => ends(runner, worker)));
      const done = await work();
      const open = await session.must("opening the workers' gate", { argv: openAgain(gates) });
      return { done, held: ended.every(Boolean) && open.trim() === "held" };
    } finally {
      // Whatever failed; twice is once.
      await session.run({ argv: openAgain(gates) });
    }
  });
}

/** Asks its process to end and waits until another one waits in its place; false when the grace is over before. */
async function ends(runner: Runner, { id, stopGraceSeconds }: Replica): Promise<boolean> {
  const before = await runner.inspect(id);
  // One that the engine is about to start again finds the gate closed.
  if (before?.running !== true) return true;
  await runner.exec(id, { argv: ["sh", "-c", "kill -TERM 1"] });
  const look = async () => {
    const now = await runner.inspect(id);
    return now === undefined || now.startedAt !== before.startedAt || !now.running || new NotYet(now);
  };
  return until(look, { seconds: stopGraceSeconds, everyMs: pollMs, late: () => false });
}

const opener = "/tmp/slipway-opener";

/** With no stream of its own: the command that began it ends at once. */
export function closeGates(releases: readonly string[], seconds: number): readonly string[] {
  const names = releases.map(quote).join(" ");
  return script(
    `cd ${gatesPath}`,
    `rm -f ${names}`,
    `(sleep ${seconds}; touch ${names}) < /dev/null > /dev/null 2>&1 & echo $! > ${opener}`,
  );
}

/** Says whether the gates were closed until now. */
export function openAgain(releases: readonly string[]): readonly string[] {
  const names = releases.map(quote);
  return script(
    `cd ${gatesPath}`,
    // A zombie that nobody waits for can be killed too: that says nothing of the gates.
    `kill "$(cat ${opener})" 2> /dev/null || :`,
    `if [ -e ${names[0]} ]; then echo over; else echo held; fi`,
    `touch ${names.join(" ")}`,
  );
}
