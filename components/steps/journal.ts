import { setTimeout as pause } from "node:timers/promises";
import { z } from "zod";
import { StepFailure } from "./failure.ts";
import type { FileEntry, Observed, Runner } from "./runner.ts";

/**
 * What happened on this host, for whoever comes after a crash: which release serves, which one is kept, and what was open.
 * It lies on a volume of its own, holds no secret, and is written by the holder of the lease only.
 */
const replica = z.strictObject({
  /** The engine's id of its container. */
  id: z.string(),
  workload: z.string(),
  /** The name that no other container has: where the switch finds it. */
  alias: z.string(),
  /** The release that made it; one that was only scaled has replicas of older ones too. */
  madeBy: z.string(),
  /** Never two at a time. */
  single: z.boolean(),
  stopGraceSeconds: z.number(),
  /** Asks inside its container whether it is healthy: who brings it back knows nothing else of it. Absent for workers. */
  health: z.array(z.string()).optional(),
});

const release = z.strictObject({
  id: z.string(),
  image: z.string(),
  /** Schema revision that it was released with. */
  revision: z.string(),
  /** Further revisions that its code can work with, as its config said. */
  reads: z.array(z.string()),
  /** A fingerprint of all its workloads without their secrets. */
  definition: z.string(),
  /** When it was first ready; ISO 8601. */
  since: z.string(),
  replicas: z.array(replica),
  /** What the switch does while it serves: aliases by backend. */
  traffic: z.record(z.string(), z.array(z.string())),
});

const back = z.discriminatedUnion("by", [
  /** The older code works with the schema as it is. */
  z.strictObject({ by: z.literal("code") }),
  /** The newer image's downgrade, which keeps the rows. */
  z.strictObject({ by: z.literal("downgrade"), to: z.string(), image: z.string() }),
  /** The set that was taken before the schema changed. */
  z.strictObject({ by: z.literal("restore"), set: z.string() }),
]);

const open = z.strictObject({
  release: z.string(),
  /** The last phase that began: for the reader, and for tests that end a release at each one. */
  phase: z.string(),
  from: release.optional(),
  /** Requests are held while one writer hands over to the next. */
  held: z.boolean(),
  /** The set with the data as they were before it. */
  set: z.string().optional(),
  /** The image whose migration ran, or was about to: it alone knows the way back. */
  migratedBy: z.string().optional(),
  /** How the data come back; absent while nothing of them was touched. */
  back: back.optional(),
  /** Set just before the switch: from then on users may write through the candidate, so a crash goes forward. */
  ready: release.optional(),
});

const watch = z.strictObject({
  release: z.string(),
  until: z.string(),
  /** What the triggers' queries answered before the release. */
  baseline: z.record(z.string(), z.number()),
});

const journalShape = z.strictObject({
  version: z.literal(2),
  /** Which Pulumi state this host's stack belongs to; another one is refused. */
  owner: z.string().optional(),
  serving: release.optional(),
  previous: release.optional(),
  /** Set before the first phase that changes anything, removed by the commit or the undo. */
  open: open.optional(),
  /** The set from before the schema changed last; going back to its data goes back to it. */
  startedFrom: z.string().optional(),
  /** The image that changed the schema last. */
  migratedBy: z.string().optional(),
  /** Data of this generation came whole from this set, which was read to its end, and no release has served on them since; the revision is the set's. */
  restored: z.strictObject({ generation: z.number(), set: z.string(), revision: z.string() }).optional(),
  /** The release that is watched for its bake time. */
  bake: watch.optional(),
  /** The release that a smoke test proved last; a later failure around it is no reason to undo it. */
  proved: z.string().optional(),
  /**
   * By what another stack proved this one was last promoted, see `promotedBy`: the content of the proof, and the release that served before;
   * empty when no workload was another one.
   */
  promoted: z.strictObject({ content: z.string(), before: z.string() }).optional(),
  /** The release that was undone last after its commit, and why; preflight tells it. */
  undone: z.strictObject({ release: z.string(), definition: z.string(), why: z.string() }).optional(),
  /** Definitions that went bad under traffic: the same one is not released again. */
  bad: z.array(z.strictObject({ definition: z.string(), image: z.string(), why: z.string() })),
});

export type Replica = z.infer<typeof replica>;
export type Release = z.infer<typeof release>;
export type Open = z.infer<typeof open>;
export type Back = z.infer<typeof back>;
export type Journal = z.infer<typeof journalShape>;

export const journalPath = "/var/lib/slipway";
const file = "journal.json";
const readAttempts = 5;
/** A busy machine takes its time to put a file in another's place. */
const watchAttempts = 20;
/** Whose file lets a release's paused workers begin. Next to the journal, because a worker that crashes later must find it again. */
export const gatesPath = `${journalPath}/gates`;
/** Purpose of the session that closes gates of what serves for a while, and opens them when nobody else does. */
export const holdPurpose = "hold-workers";

export const emptyJournal: Journal = { version: 2, bad: [] };

/** @throws StepFailure when another version of Slipway wrote it */
export function parseJournal(text: string | undefined): Journal {
  if (text === undefined) return emptyJournal;
  const parsed = journalShape.safeParse(JSON.parse(text));
  if (parsed.success) return parsed.data;
  throw new StepFailure(
    "the release journal on this host was written by another version of Slipway; take the stack down and start it again, its data stay: `npm run down`, then `npm start`",
  );
}

/** Reads it through any container that mounts the journal's volume, running or not. */
export async function readJournal(runner: Runner, container: Observed | string): Promise<Journal> {
  const id = typeof container === "string" ? container : container.id;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return parseJournal(await runner.get(id, `${journalPath}/${file}`));
    } catch (error) {
      // Somebody who holds the lease is writing it: the engine hands out half of a file, and a moment later the whole.
      if (error instanceof StepFailure || attempt === readAttempts) throw error;
      await pause(100);
    }
  }
}

/**
 * The same for who does not hold the lease. (m) The engine puts a file in another's place by removing that one first: a journal that is missing may
 * just be written, and a stack that has one must not look like a new one.
 */
export async function watchJournal(runner: Runner, container: Observed | string): Promise<Journal> {
  for (let attempt = 1; attempt < watchAttempts; attempt += 1) {
    const journal = await readJournal(runner, container);
    if (journal !== emptyJournal) return journal;
    await pause(100);
  }
  return emptyJournal;
}

/** @param beside what else is written in the same go */
export async function writeJournal(
  runner: Runner,
  container: string,
  journal: Journal,
  beside: readonly FileEntry[] = [],
): Promise<void> {
  const content = `${JSON.stringify(journalShape.parse(journal), undefined, 2)}\n`;
  const entry = { path: file, type: "file", content, mode: 0o644, uid: 0, gid: 0 } as const;
  await runner.put(container, journalPath, [entry, ...beside]);
}

/** Replicas that no request reaches: they take their work themselves. */
export function workersOf({ replicas, traffic }: Pick<Release, "replicas" | "traffic">): readonly Replica[] {
  const routed = new Set(Object.values(traffic).flat());
  return replicas.filter(({ alias }) => !routed.has(alias));
}

/** Lets the paused workers of these releases begin. Safe to repeat. */
export async function openGates(runner: Runner, container: string, releases: readonly string[]): Promise<void> {
  const owner = { uid: 0, gid: 0 };
  await runner.put(container, journalPath, [
    { path: "gates/", type: "directory", mode: 0o755, ...owner },
    ...releases.map((id) => ({ path: `gates/${id}`, type: "file", content: "", mode: 0o644, ...owner }) as const),
  ]);
}

/** The journal after a commit: the new one serves, the one before is kept, older ones are forgotten. */
export function committed(journal: Journal, serving: Release): Journal {
  const { open: done, undone: _, bake: __, restored: ___, previous: older, ...kept } = journal;
  const previous = done?.from ?? older;
  return { ...kept, serving, ...(previous !== undefined && { previous }), ...schemaChange(done) };
}

/** What to remember when a release's migration stays: a release that keeps the schema keeps what is known of its last change. */
export function schemaChange(done: Open | undefined): Pick<Journal, "startedFrom" | "migratedBy"> {
  if (done?.migratedBy === undefined) return {};
  return { migratedBy: done.migratedBy, ...(done.set !== undefined && { startedFrom: done.set }) };
}

/**
 * The content of the proof that serves here, or is on its way: begun, cut off, not ended yet. Undefined too when its release was undone: then
 * what is to come is a promotion like the first.
 */
export function promotedBy({ promoted, serving, open }: Journal): string | undefined {
  if (promoted === undefined) return undefined;
  const isNew = promoted.before === "" || (serving?.id ?? "none") !== promoted.before;
  return isNew || open !== undefined ? promoted.content : undefined;
}

/** Engine ids of every container that belongs to a release the journal knows; all other workloads are strays. */
export function knownContainers(journal: Journal): ReadonlySet<string> {
  return new Set([journal.serving, journal.previous].flatMap((each) => each?.replicas ?? []).map(({ id }) => id));
}
