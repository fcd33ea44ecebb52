import { NotYet, until } from "../../toolchain/poll.ts";
import type { Place } from "../container/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import { ServerBusy, type Snapshots } from "../steps/snapshots.ts";
import type { BackupPointOutputs } from "./inputs.ts";
import { setName } from "./spec.ts";

/** The backup point of a database that somebody else runs: a snapshot by its API, of which any release may be restored as a new server. */

export interface SnapshotWish {
  readonly place: Place;
  /** The product's image that is to come. */
  readonly image: string;
  readonly target: string;
  /** Older ones are deleted. */
  readonly keep: number;
}

/** By which they are known: what a person made is left alone. */
const stackTag = "slipway:stack";
const waitSeconds = 3600;

/** A set's name as RDS takes it: letters, digits and single hyphens. */
export function snapshotName({ stack }: Place, now: Date): string {
  return `slipway-${stack}-${setName(now, "backup-point").toLowerCase()}`.replaceAll(/[^a-z0-9]+/g, "-");
}

/** @throws StepFailure when it fails, or is not there within an hour */
export async function takeSnapshot(
  snapshots: Snapshots,
  { place, image, target, keep }: SnapshotWish,
  pauseMs = 10_000,
): Promise<BackupPointOutputs> {
  const id = snapshotName(place, new Date());
  // Tags take no @.
  const tags = {
    [stackTag]: place.stack,
    "slipway:before-image": image.replaceAll("@", "+"),
    "slipway:before-schema": target,
  };
  const asked = performance.now();
  await begun(snapshots, id, tags, pauseMs);
  const left = waitSeconds - (performance.now() - asked) / 1000;
  const { own, all } = await ready(snapshots, id, left, pauseMs);
  const older = all
    .filter(({ tags: kept }) => kept[stackTag] === place.stack)
    .map((each) => each.id)
    .sort();
  for (const each of older.slice(0, Math.max(0, older.length - keep))) await snapshots.remove(each);
  return { set: id, kilobytes: own.gigabytes * 1024 * 1024 };
}

function ready(snapshots: Snapshots, id: string, seconds: number, everyMs: number) {
  const look = async () => {
    const all = await snapshots.list();
    const own = all.find((each) => each.id === id);
    if (own?.state === "failed") throw new StepFailure(`the snapshot ${id} failed; nothing of the release has begun`);
    return own?.state === "ready" ? { own, all } : new NotYet(own?.percent ?? 0);
  };
  const late = (percent: number) => {
    throw new StepFailure(
      `the snapshot ${id} is at ${percent} % after ${waitSeconds} s; nothing of the release has begun`,
    );
  };
  return until(look, { seconds, everyMs, late });
}

/** A server makes its own backup at night, and changes while it is resized: then it takes no order. */
async function begun(
  snapshots: Snapshots,
  id: string,
  tags: Readonly<Record<string, string>>,
  everyMs: number,
): Promise<void> {
  const order = async () => {
    try {
      return await snapshots.create(id, tags);
    } catch (error) {
      if (!(error instanceof ServerBusy)) throw error;
      return new NotYet(error.message);
    }
  };
  const late = (why: string) => {
    throw new StepFailure(`the server was busy for ${waitSeconds} s (${why}); nothing of the release has begun`);
  };
  await until(order, { seconds: waitSeconds, everyMs, late });
}
