import type { Place } from "../container/spec.ts";
import { clientEnv, type DatabaseSecrets, networkTo } from "../database/spec.ts";
import type { SessionRunner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import {
  backupMounts,
  type Commands,
  copyDatabase,
  type DataSpec,
  removeCopy,
  restoreSet,
  setName,
  takeSet,
} from "./spec.ts";

/** The data of one stack, with what it takes to reach them. */
export interface DataAccess {
  readonly data: DataSpec;
  readonly secrets: DatabaseSecrets;
}

/** Takes a set of a stack's data and answers its name. */
export function take(runner: SessionRunner, place: Place, access: DataAccess, purpose: string): Promise<Taken> {
  return withData(runner, place, "backup", access, (session) => takeWith(session, access, purpose));
}

export interface Taken {
  readonly set: string;
  readonly kilobytes: number;
}

/** The same in a session that is open already. */
export async function takeWith(session: Session, { data }: DataAccess, purpose: string): Promise<Taken> {
  const set = setName(new Date(), purpose);
  const output = await all(session, `taking backup set ${set}`, takeSet(data, set));
  return { set, kilobytes: Number(output.trim().split("\n").at(-1)) };
}

/** Puts a set back over the live data. The writer must be stopped. */
export async function restore(runner: SessionRunner, place: Place, access: DataAccess, set: string): Promise<void> {
  await withData(runner, place, "restore", access, (session) =>
    all(session, `restoring backup set ${set}`, restoreSet(access.data, set)),
  );
}

/** Work on a throw-away copy of a set's database, which is there while the work runs. */
export async function withCopy<T>(
  session: Session,
  access: DataAccess,
  set: string,
  work: () => Promise<T>,
): Promise<T> {
  await all(session, "copying the backup point for the rehearsal", copyDatabase(access.data, set));
  const done = await work();
  // After a failure the copy stays for the next rehearsal to replace: what failed must be told, not the removal.
  await all(session, "removing the rehearsal's copy", removeCopy(access.data));
  return done;
}

/** A session that sees the live data and the sets; of networks only the database's. */
export function withData<T>(
  runner: SessionRunner,
  place: Place,
  purpose: string,
  { data, secrets }: DataAccess,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { database } = data;
  return withSession(
    runner,
    place,
    purpose,
    {
      image: database.kind === "postgres" ? database.image : data.image,
      user: data.user,
      env: clientEnv(database, secrets),
      mounts: backupMounts(data),
      network: networkTo(database),
      memoryMb: 512,
    },
    work,
  );
}

/** Commands one after the other; answers what the last one printed. */
export async function all(session: Session, what: string, commands: Commands): Promise<string> {
  let output = "";
  for (const argv of commands) output = await session.must(what, { argv });
  return output;
}
