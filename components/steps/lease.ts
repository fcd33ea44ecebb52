import { setTimeout as pause } from "node:timers/promises";
import { NotYet, until } from "../../toolchain/poll.ts";
import { type ContainerSpec, label, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { namesFiles, releaseContainers } from "./container-names.ts";
import { StepFailure } from "./failure.ts";
import { type Journal, journalPath, readJournal, writeJournal } from "./journal.ts";
import { metricsFiles, releaseSamples } from "./metrics.ts";
import { engineIsGone, processStart, thisHost } from "./process.ts";
import { NameTaken, type Observed, type Runner } from "./runner.ts";

/** Whose lease it is, as labels of the lease container say. */
const holderLabel = {
  pid: "slipway.lease.pid",
  started: "slipway.lease.started",
  host: "slipway.lease.host",
  purpose: "slipway.lease.purpose",
};

const patienceSeconds = 120;
/** Without a sign of life for this long a holder on another machine counts as dead. */
const silenceMs = 30_000;
const heartbeatMs = 5_000;

export interface Lease {
  readonly runner: Runner;
  readonly place: Place;
  /** The lease's own container, which mounts the journal's volume. */
  readonly id: string;
  journal: Journal;
  /** Writes the journal. Fails when somebody else took the lease: its container, through which we write, is gone then. */
  save(journal: Journal): Promise<void>;
  /** Throws when the engine that started this step has ended: nobody would hear of the result. To be called before each phase. */
  check(): Promise<void>;
}

/**
 * Runs `work` as the only one that changes this stack's workloads on this host. The lease is a container that is never started: its name
 * is unique on the host, which makes taking it atomic, and the journal is written through it, so that one who lost it cannot write.
 */
export async function withLease<T>(
  runner: Runner,
  place: Place,
  options: { readonly purpose: string; readonly image: string },
  work: (lease: Lease) => Promise<T>,
): Promise<T> {
  const id = await take(runner, place, options);
  const beat = setInterval(() => {
    const sign = { path: "beat", type: "file", content: String(Date.now()), mode: 0o644, uid: 0, gid: 0 } as const;
    // A failed beat needs no answer of its own: the next write of the journal fails too, and that one is heard.
    runner.put(id, journalPath, [sign]).catch(() => undefined);
  }, heartbeatMs);
  try {
    const lease: Lease = {
      runner,
      place,
      id,
      journal: await readJournal(runner, id),
      async save(journal) {
        const names = releaseContainers(journal, (alias) => resourceName(place, alias));
        const beside = [...metricsFiles("release", releaseSamples(journal)), ...namesFiles("release", names)];
        await writeJournal(runner, id, journal, beside);
        this.journal = journal;
      },
      check: assertEngineAlive,
    };
    return await work(lease);
  } finally {
    clearInterval(beat);
    await runner.remove(id);
    // (m) A step process that outlives its engine would stay for ever, idle: nobody asks it to end.
    if (await engineIsGone()) process.exit(1);
  }
}

function take(runner: Runner, place: Place, options: { purpose: string; image: string }): Promise<string> {
  const ask = async (): Promise<string | NotYet<Observed | undefined>> => {
    try {
      return await runner.create(leaseSpec(place, options));
    } catch (error) {
      if (!(error instanceof NameTaken)) throw error;
    }
    const holder = await findLease(runner, place);
    if (holder === undefined || !(await holderIsDead(runner, holder))) return new NotYet(holder);
    await runner.remove(holder.id);
    return ask();
  };
  const late = (holder: Observed | undefined) => {
    throw new StepFailure(holder === undefined ? strangerMessage(place) : heldMessage(holder));
  };
  return until(ask, { seconds: patienceSeconds, everyMs: 500, late });
}

/** The container that is the stack's lease; undefined while nobody holds it. Its holder may be dead: see `holderIsDead`. */
export async function findLease(runner: Runner, place: Place): Promise<Observed | undefined> {
  return (await runner.list({ [label.stack]: place.stack, [label.role]: "lease" }))[0];
}

/** Whether a lease's holder can be shown to be dead: its process here has ended, or no sign of life came from elsewhere. */
export async function holderIsDead(runner: Runner, lease: Observed): Promise<boolean> {
  if (lease.labels[holderLabel.host] === thisHost()) {
    const pid = lease.labels[holderLabel.pid] ?? "";
    return processStart(pid) !== lease.labels[holderLabel.started];
  }
  const before = await runner.get(lease.id, `${journalPath}/beat`);
  await pause(silenceMs);
  return (await runner.get(lease.id, `${journalPath}/beat`)) === before;
}

function strangerMessage(place: Place): string {
  const name = resourceName(place, "lease");
  return `a container that is not Slipway's has the name ${name}; remove it with \`docker rm ${name}\``;
}

/** Who changes the stack, and that waiting is what helps. */
export function heldMessage(lease: Observed): string {
  return heldBy(holderOf(lease));
}

/** @param since when it was taken, where that is known */
export function heldBy({ purpose, pid, host }: Pick<Holder, "purpose" | "pid" | "host">, since?: string): string {
  const at = since === undefined ? "" : `, since ${since}`;
  return `the stack is being changed by somebody else: ${purpose}, process ${pid} on ${host}${at}. Wait for it to end, then run the same command again.`;
}

/** Who holds a lease. */
export interface Holder {
  readonly purpose: string;
  readonly pid: string;
  /** Host name and boot. */
  readonly host: string;
  /** Its process here has ended; of one elsewhere that is not known at once, see `holderIsDead`. */
  readonly ended: boolean;
}

/** Read from the labels of the lease's container; its process is looked for when it is of this host and boot. */
export function holderOf({ labels }: Observed): Holder {
  const { [holderLabel.purpose]: purpose = "", [holderLabel.pid]: pid = "", [holderLabel.host]: host = "" } = labels;
  return { purpose, pid, host, ended: host === thisHost() && processStart(pid) !== labels[holderLabel.started] };
}

function leaseSpec(place: Place, options: { purpose: string; image: string }): ContainerSpec {
  const pid = String(process.pid);
  return {
    name: resourceName(place, "lease"),
    image: options.image,
    command: ["true"],
    env: {},
    user: "0:0",
    mounts: [{ volume: resourceName(place, "journal"), path: journalPath }],
    tmpfs: [],
    network: [],
    labels: {
      ...labelsFor(place, "lease", "lease"),
      [holderLabel.pid]: pid,
      [holderLabel.started]: processStart(pid) ?? "",
      [holderLabel.host]: thisHost(),
      [holderLabel.purpose]: options.purpose,
    },
    limits: { cpus: 0.1, memoryMb: 16, pids: 16 },
    capabilities: [],
    restart: "no",
    stopGraceSeconds: 1,
  };
}

async function assertEngineAlive(): Promise<void> {
  if (await engineIsGone()) {
    throw new StepFailure(
      "the Pulumi engine that started this step has ended; the step stops here and undoes what it began",
    );
  }
}
