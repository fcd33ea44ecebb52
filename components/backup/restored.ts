import type { Place } from "../container/spec.ts";
import type { Lease } from "../steps/lease.ts";
import { withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import type { Taken } from "./sets.ts";
import { type DataSpec, readerRequest, setsPath } from "./spec.ts";

/** What a release is about to be made on. */
export interface Ground {
  readonly place: Place;
  readonly data: DataSpec;
  /** The schema revision that the release wants. */
  readonly revision: string;
}

/**
 * The set that these data were restored from, while nobody has served on them: a set of now would hold the same, and taking it is what users of a large
 * database would wait longest for. Undefined when there is none, when it has not every directory of the data, and when the release changes the
 * schema: going back to the data before that change must not depend on a set that may be the oldest, and the next to go.
 */
export async function restoredSet(lease: Lease, { place, data, revision }: Ground): Promise<Taken | undefined> {
  const { restored } = lease.journal;
  if (restored?.generation !== (place.generation ?? 0) || restored.revision !== revision) return undefined;
  const { set } = restored;
  const asked = await withSession(lease.runner, place, "restored", readerRequest(data), (session) =>
    session.run({ argv: sizeOfWhole(data, set) }),
  );
  return asked.exitCode === 0 ? { set, kilobytes: Number(asked.output.trim()) } : undefined;
}

/** The set's kilobytes; fails when the set is gone, or when a directory is not in it. */
function sizeOfWhole({ directories }: DataSpec, set: string): readonly string[] {
  const path = `${setsPath}/${set}`;
  const parts = directories.map(({ name }) => `[ -d ${quote(`${path}/${name}`)} ]`);
  return script(`[ -s ${quote(`${path}/SHA256SUMS`)} ]`, ...parts, `du -sk ${quote(path)} | cut -f1`);
}
