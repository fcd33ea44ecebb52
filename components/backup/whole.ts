import type { Place } from "../container/spec.ts";
import { file, ownerOf } from "../files/spec.ts";
import { revisionOf } from "../migration/bench.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { Lease } from "../steps/lease.ts";
import { backupSamples, writeMetrics } from "../steps/metrics.ts";
import { type Session, withSession } from "../steps/session.ts";
import { Control } from "../switch/control.ts";
import { type Manifest, manifestFile, manifestText, parseCounts } from "./manifest.ts";
import { countSet } from "./rows.ts";
import { all, type DataAccess, withData } from "./sets.ts";
import { setName, setsPath, takePieces } from "./spec.ts";
import { copyStores, keeperRequest, type Store, storeMounts } from "./stores.ts";
import { withWorkersHeld } from "./workers.ts";

/** All the data of a stack, and what it takes to put them into one set. */
export interface Whole {
  /** With the data's generation. */
  readonly place: Place;
  readonly access: DataAccess;
  readonly schema: SchemaSpec;
  readonly stores: readonly Store[];
  /** How long requests may be held for one moment; see `rollout.holdSeconds`. */
  readonly holdSeconds: number;
  /** Texts beside the data: the stack's state, its secrets encrypted, and its config. */
  readonly beside: Readonly<Record<string, string>>;
}

export interface TakenWhole {
  readonly set: string;
  readonly kilobytes: number;
  readonly manifest: Manifest;
}

/** How long requests that were begun may take to end before the copy begins all the same. */
const drainSeconds = 5;

/**
 * Takes a set of everything. While it copies, requests are held at the switch and workers behind their gate, so that what one of them wrote to
 * database, vectors and Redis is in all of them or in none; a system whose data are one database is copied without that, because a database is of one moment by itself.
 * The caller holds the lease.
 */
export async function takeWhole(lease: Lease, whole: Whole, purpose: string): Promise<TakenWhole> {
  const { place, access, stores } = whole;
  const { data } = access;
  const set = setName(new Date(), purpose);
  const what = `taking backup set ${set}`;
  const pieces = takePieces(data, set);
  return withData(lease.runner, place, "backup", access, (session) =>
    withSession(
      lease.runner,
      place,
      "keeper",
      keeperRequest(data, storeMounts(place, stores, true)),
      async (keeper) => {
        await all(session, what, pieces.begin);
        const facts = await copied(lease, whole, async () => {
          const copies = [all(session, what, pieces.copyLive), all(keeper, what, copyStores(set, stores, data.user))];
          // To the end of both: one that goes on writing would write into the next set.
          await Promise.allSettled(copies);
          await Promise.all(copies);
          return revisionOf(session, access, whole.schema, "live");
        });
        const manifest = {
          ...facts,
          rows: parseCounts(await session.must(what, { argv: countSet(data, `${set}.part`) })),
        };
        await putTexts(session, lease, data.user, `${setsPath}/${set}.part`, {
          ...whole.beside,
          [manifestFile]: manifestText(manifest),
        });
        const output = await all(session, what, pieces.finish);
        const ended = backupSamples(purpose, new Date(manifest.ended));
        await writeMetrics(lease.runner, lease.id, `backup-${purpose}`, ended);
        return { set, kilobytes: Number(output.trim().split("\n").at(-1)), manifest };
      },
    ),
  );
}

/**
 * Does the copying at one moment where that takes holding, and says how it went. Workers end first, while requests go on: what those ask of
 * them waits in its queue, which is part of the set.
 */
async function copied(
  lease: Lease,
  whole: Whole,
  copy: () => Promise<string | undefined>,
): Promise<Omit<Manifest, "rows">> {
  const { data } = whole.access;
  if (!writesInPlaces(whole)) return copiedNow(lease, whole, copy);
  const image = keeperRequest(data, []).image;
  const { done, held } = await withWorkersHeld(lease, image, whole.holdSeconds + drainSeconds, () =>
    copiedNow(lease, whole, copy),
  );
  return { ...done, oneMoment: done.oneMoment && held };
}

/** One database is of one moment by itself. */
function writesInPlaces({ stores, access }: Whole): boolean {
  return stores.length + access.data.directories.length > 0;
}

async function copiedNow(
  lease: Lease,
  whole: Whole,
  copy: () => Promise<string | undefined>,
): Promise<Omit<Manifest, "rows">> {
  const { place, access, stores, holdSeconds } = whole;
  const { data } = access;
  const control = new Control(lease.runner, lease.place);
  const holds = writesInPlaces(whole);
  const started = performance.now();
  const traffic = holds ? await control.pause(holdSeconds) : {};
  const state = { oneMoment: true };
  const times = { began: "", ended: "" };
  let revision: string | undefined;
  try {
    if (holds) state.oneMoment = (await control.drained(Object.keys(traffic), drainSeconds)) === 0;
    times.began = new Date().toISOString();
    revision = await copy();
    times.ended = new Date().toISOString();
  } finally {
    if (holds) state.oneMoment = (await control.resume(traffic)) && state.oneMoment;
  }
  return {
    version: 1,
    stack: place.stack,
    system: place.system,
    ...times,
    ...state,
    heldSeconds: holds ? Math.round(performance.now() - started) / 1000 : 0,
    generation: place.generation ?? 0,
    image: data.image,
    ...(revision !== undefined && { revision }),
    stores: stores.map(({ name }) => name),
  };
}

/** Into the set, as its owner's: they come from here and not from a volume. */
export async function putTexts(
  session: Session,
  { runner }: Lease,
  owner: string,
  directory: string,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const entries = Object.entries(texts).map(([path, content]) => file(path, content, ownerOf(owner), 0o600));
  await runner.put(session.id, directory, entries);
}
