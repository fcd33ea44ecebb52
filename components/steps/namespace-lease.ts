import { NotYet, until } from "../../toolchain/poll.ts";
import { isClusterAddress } from "../cluster/address.ts";
import { objectName } from "../container/kubernetes.ts";
import { type Place, resourceName } from "../container/spec.ts";
import { leasesOf } from "./engine.ts";
import { StepFailure } from "./failure.ts";
import { heldBy } from "./lease.ts";
import { type Held, type Holding, type Leases, leaseTimes, type Times } from "./leases.ts";
import { engineIsGone, processStart, thisHost } from "./process.ts";

/** Only one changes a stack in a cluster: by a Lease of its namespace, as a container's name does it on a Docker host. */

export interface Purpose {
  /** As others read it in a refusal: each step of a release has another. */
  readonly purpose: string;
  /**
   * When the work has succeeded another step follows in this process, which is one for all steps of an `up`: it stays held, and is renewed, for as
   * long as the engine lives. @default false
   */
  readonly goesOn?: boolean;
}

/**
 * Runs `work` as the only one that changes the stack in its namespace. Where tasks run on Fargate there is no such lease: Pulumi's lock alone keeps
 * others away there.
 * @throws StepFailure naming the holder when it is not to be had in time
 */
export async function aloneIn<T>(host: string, place: Place, purpose: Purpose, work: () => Promise<T>): Promise<T> {
  return isClusterAddress(host) ? withNamespaceLease(await leasesOf(host), place, purpose, work) : work();
}

/**
 * The same with leases at hand, and with other times where a test brings its own.
 * @throws StepFailure naming the holder when it is not to be had in time, or who took it over meanwhile
 */
export async function withNamespaceLease<T>(
  leases: Leases,
  place: Place,
  { purpose, goesOn = false }: Purpose,
  work: () => Promise<T>,
  times: Times = leaseTimes,
): Promise<T> {
  const name = objectName(resourceName(place, "lease"));
  await take(leases, name, purpose, times);
  const lost = Promise.withResolvers<never>();
  // Heard by the race alone, and not when it is over.
  lost.promise.catch(() => undefined);
  let works = true;
  const renew = async () => {
    const held = await leases.read(name);
    if (held !== undefined && isOwn(held) && (works || (held.purpose === purpose && !(await engineIsGone())))) {
      await leases.write(name, { ...held, renewed: now() }, held);
      return;
    }
    // Somebody else's by now, or the next step's, or nobody waits for one any more.
    clearInterval(beat);
    if (held === undefined || !isOwn(held)) lost.reject(new StepFailure(lostMessage(held)));
  };
  const beat = setInterval(() => {
    // No answer: who takes it over meanwhile is heard with the next one.
    renew().catch(() => undefined);
  }, times.heartbeatMs);
  beat.unref();
  let keeps = false;
  try {
    const answer = await Promise.race([work(), lost.promise]);
    keeps = goesOn;
    return answer;
  } finally {
    works = false;
    const gone = await engineIsGone();
    if (!keeps || gone) {
      clearInterval(beat);
      // One that cannot be removed falls silent, and is taken over.
      await release(leases, name).catch(() => undefined);
    }
    // (m) A step process that outlives its engine would stay for ever, idle: nobody asks it to end.
    if (gone) process.exit(1);
  }
}

function take(leases: Leases, name: string, purpose: string, times: Times): Promise<true> {
  // By this machine's clock: that of the holder may be wrong.
  let seen: { readonly version: string; readonly at: number } | undefined;
  const look = async (): Promise<true | NotYet<Held>> => {
    const held = await leases.read(name);
    if (held !== undefined && held.version !== seen?.version) seen = { version: held.version, at: Date.now() };
    const silent = seen !== undefined && Date.now() - seen.at >= times.silenceMs;
    if (held !== undefined && !isOwn(held) && !hasEnded(held) && !silent) return new NotYet(held);
    // Somebody else was quicker: who is it?
    return (await leases.write(name, mine(purpose, held), held)) || look();
  };
  const late = (held: Held) => {
    throw new StepFailure(heldBy(held, held.since));
  };
  return until(look, { seconds: times.patienceMs / 1000, everyMs: times.pauseMs, late });
}

async function release(leases: Leases, name: string): Promise<void> {
  for (;;) {
    const held = await leases.read(name);
    // Renewed in between, it is read again.
    if (held === undefined || !isOwn(held) || (await leases.remove(name, held))) return;
  }
}

/** Since this process has it: steps of one `up` are one holder. */
function mine(purpose: string, held: Held | undefined): Holding {
  const pid = String(process.pid);
  const since = held !== undefined && isOwn(held) ? held.since : now();
  return { purpose, pid, started: processStart(pid) ?? "", host: thisHost(), since, renewed: now() };
}

function isOwn({ pid, started, host }: Holding): boolean {
  return pid === String(process.pid) && host === thisHost() && started === (processStart(pid) ?? "");
}

/** Its process here has ended; of one elsewhere that is not known. */
function hasEnded({ pid, started, host }: Holding): boolean {
  return host === thisHost() && processStart(pid) !== started;
}

function lostMessage(held: Held | undefined): string {
  const by =
    held === undefined ? "somebody removed it" : `${held.purpose} of process ${held.pid} on ${held.host} has it`;
  return `the stack is not this command's to change any more: its lease was not renewed in time, and ${by}. It stops here; run the same command again.`;
}

function now(): string {
  return new Date().toISOString();
}
