import { all } from "../backup/sets.ts";
import type { Place } from "../container/spec.ts";
import { redacted } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import {
  type Copy,
  copySet,
  fetchCopy,
  type KnownMoment,
  listCopies,
  offsiteRequest,
  parseCopies,
  type Repository,
  type RepositorySecrets,
  thinOut,
} from "./spec.ts";

/** A stack's repository with what opens it. */
export interface Offsite {
  readonly repository: Repository;
  readonly secrets: RepositorySecrets;
}

/** Where the sets lie on the host. */
export interface SetsPlace {
  readonly place: Place;
  readonly backupVolume: string;
}

/** Copies a set off the host. @throws StepFailure with the last lines of restic's, its secrets redacted */
export async function copyAway(runner: Runner, at: SetsPlace, offsite: Offsite, set: KnownMoment): Promise<void> {
  const what = `copying backup set ${set.name} to ${offsite.repository.url}`;
  const copies = await inRepository(runner, at, offsite, async (session) =>
    parseCopies(await all(session, what, copySet(at.place.stack, set))),
  );
  if (!copies.some(({ name }) => name === set.name)) throw new Error(`${what}: it is not in the repository afterwards`);
}

/** Removes copies that are older than the retention says. */
export async function thin(runner: Runner, at: SetsPlace, offsite: Offsite): Promise<void> {
  const { repository } = offsite;
  await inRepository(runner, at, offsite, (session) =>
    all(session, `removing old copies from ${repository.url}`, thinOut(at.place.stack, repository.keep)),
  );
}

/** Copies of the stack's sets, oldest first. */
export function listAway(runner: Runner, at: SetsPlace, offsite: Offsite): Promise<readonly Copy[]> {
  const what = `listing the copies in ${offsite.repository.url}`;
  return inRepository(runner, at, offsite, async (session) =>
    parseCopies(await all(session, what, listCopies(at.place.stack))),
  );
}

/** Brings a copy back among the host's sets, checked by its checksums. */
export async function fetch(runner: Runner, at: SetsPlace, offsite: Offsite, copy: Copy): Promise<void> {
  const what = `fetching backup set ${copy.name} from ${offsite.repository.url}`;
  await inRepository(runner, at, offsite, (session) => all(session, what, fetchCopy(copy)));
}

function inRepository<T>(
  runner: Runner,
  { place, backupVolume }: SetsPlace,
  { repository, secrets }: Offsite,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const known = Object.values(secrets).filter((secret) => secret !== "");
  return redacted(known, () =>
    withSession(runner, place, "offsite", offsiteRequest(repository, secrets, backupVolume), work),
  );
}
