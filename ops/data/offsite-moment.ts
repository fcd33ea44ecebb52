import { chooseMoment, type Moment } from "../../components/archive/choice.ts";
import type { Place } from "../../components/container/spec.ts";
import { chooseLog } from "../../components/litestream/recover.ts";
import { type Away, type AwaySeries, fetchLog, listAwaySeries } from "../../components/offsite-log/fetch.ts";
import { messageOf } from "../../components/steps/failure.ts";
import { resolveOne } from "../../infra/images/all.ts";
import { awayLogOf } from "../../infra/platforms/docker/offsite-log.ts";
import { settingsWith } from "./offsite.ts";
import { type DataStack, withDataLease } from "./session.ts";

/** Where this stack's log is off the host, by its config of now; undefined when it is on the host alone. */
async function awayFor(stack: DataStack): Promise<Away | undefined> {
  const settings = await settingsWith(stack, ["offsite", "continuous"]);
  if (settings?.offsite.continuous !== true) return undefined;
  const { database, user } = stack.facts.access.data;
  const { id: image } = await resolveOne(stack.engine, "rclone", settings, stack.say);
  return awayLogOf({ database }, settings, { image, user });
}

/**
 * A moment of the log off the host, fetched into the host's archive, which changes nothing that serves. When it cannot be asked, that is said and
 * the host's own is all there is.
 */
export async function momentAway(
  stack: DataStack,
  choose: (all: readonly AwaySeries[]) => Moment | undefined,
): Promise<Moment | undefined> {
  const { runner, facts, say } = stack;
  const { place } = facts;
  const away = await awayFor(stack);
  if (away === undefined) return undefined;
  const all = await listAwaySeries(runner, place, away).catch((error: unknown): readonly AwaySeries[] => {
    say(`the log off the host is left out: ${messageOf(error)}`);
    return [];
  });
  const moment = choose(all);
  if (moment === undefined) return undefined;
  say(`fetching the log of ${moment.at.toISOString()} from ${away.away.url}`);
  await withDataLease(stack, "fetch", (lease) => fetchLog(lease.runner, place, place, away, moment));
  return { ...moment, away: true };
}

/**
 * All that the bucket has of the newest log, in the archive of a throw-away stack; undefined for a stack whose log does not go there.
 * @param image what replays SQLite's @throws Error when there is nothing yet that could be restored
 */
export async function fetchNewest(
  stack: DataStack,
  into: Place,
  image: string | undefined,
): Promise<Moment | undefined> {
  const { runner, facts, say } = stack;
  const away = await awayFor(stack);
  if (away === undefined) return undefined;
  const all = await listAwaySeries(runner, facts.place, away);
  const newest = all.at(-1)?.newest;
  const choose = away.away.kind === "sqlite" ? chooseLog : chooseMoment;
  const moment = newest && choose(all, newest);
  if (moment === undefined)
    throw new Error(`the log in ${away.away.url} has no base backup yet, from which it could be replayed`);
  say(`fetching the log until ${moment.at.toISOString()} from ${away.away.url}`);
  await fetchLog(runner, facts.place, into, away, moment);
  return { ...moment, all: true, ...(image !== undefined && { image }) };
}
