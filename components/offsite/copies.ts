import { isAhead } from "../backup/manifest.ts";
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
  sshFiles,
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

/**
 * Removes copies that are older than the retention says. @param set the one that was just copied. Where others are of a later time, a clock was
 * wrong and none is removed: what is the newest in truth would be among the oldest. @returns those
 */
export async function thin(
  runner: Runner,
  at: SetsPlace,
  offsite: Offsite,
  set: KnownMoment,
): Promise<readonly Copy[]> {
  const { repository } = offsite;
  const { stack } = at.place;
  return inRepository(runner, at, offsite, async (session) => {
    const what = `removing old copies from ${repository.url}`;
    const copies = parseCopies(await all(session, what, listCopies(stack)));
    const later = copies.filter((copy) => isAhead(copy, set.ended));
    if (later.length === 0) await all(session, what, thinOut(stack, repository.keep));
    return later;
  });
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
    withSession(runner, place, "offsite", offsiteRequest(repository, secrets, backupVolume), async (session) => {
      const files = sshFiles(repository, secrets);
      if (files !== undefined) await session.must("preparing SFTP", files);
      return work(session);
    }),
  );
}
