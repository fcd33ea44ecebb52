import type { Place } from "../container/spec.ts";
import type { Runner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import { backupMounts, type DataSpec, restoreSet, setName, takeSet } from "./spec.ts";

/** Takes a set of a stack's data and answers its name. */
export async function take(
  runner: Runner,
  place: Place,
  data: DataSpec,
  purpose: string,
): Promise<{ set: string; kilobytes: number }> {
  const set = setName(new Date(), purpose);
  const output = await withData(runner, place, "backup", data, (session) =>
    session.must(`taking backup set ${set}`, { argv: takeSet(data, set) }),
  );
  return { set, kilobytes: Number(output.trim().split("\n").at(-1)) };
}

/** Puts a set back over the live data. The writer must be stopped. */
export async function restore(runner: Runner, place: Place, data: DataSpec, set: string): Promise<void> {
  await withData(runner, place, "restore", data, (session) =>
    session.must(`restoring backup set ${set}`, { argv: restoreSet(data, set) }),
  );
}

/** A session that sees the live data and the sets, without any network. */
export function withData<T>(
  runner: Runner,
  place: Place,
  purpose: string,
  data: DataSpec,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  return withSession(
    runner,
    place,
    purpose,
    { image: data.image, user: data.user, env: {}, mounts: backupMounts(data), network: [], memoryMb: 512 },
    work,
  );
}
