import { chooseMoment, type Moment, type Series } from "../../components/archive/choice.ts";
import { catchUp, listSeries } from "../../components/archive/recover.ts";
import { archivePart, archiveVolume } from "../../components/archive/spec.ts";
import { isOwn, type KnownSet, type SetWish } from "../../components/backup/manifest.ts";
import { withData } from "../../components/backup/sets.ts";
import { label, resourceName } from "../../components/container/spec.ts";
import { awaitLog, chooseLog, listLogs } from "../../components/litestream/recover.ts";
import { messageOf } from "../../components/steps/failure.ts";
import type { Observed } from "../../components/steps/runner.ts";
import { chosenSet, copiesOf, offsiteFor } from "./offsite.ts";
import { momentAway } from "./offsite-moment.ts";
import { type DataStack, listSets } from "./session.ts";

/** What a restore takes: a set, or a moment of the archive with what the newest set before it has beside the database. */
export type Source =
  | { readonly set: KnownSet; readonly moment?: undefined }
  | { readonly set: KnownSet | undefined; readonly moment: Moment };

/** A moment wherever the archive has it; else the newest set that holds nothing later. @throws Error in words for the user */
export async function sourceOf(stack: DataStack, wish: SetWish): Promise<Source> {
  const moment = wish.at === undefined ? undefined : await momentAt(stack, wish.at);
  if (moment === undefined) return { set: await chosenSet(stack, wish) };
  const { access, stores } = stack.facts;
  if (stores.length + access.data.directories.length === 0) return { set: undefined, moment };
  const sets = (await listSets(stack)).filter((set) => isOwn(set) && set.ended <= moment.at);
  const here = sets.findLast(({ manifest }) => manifest !== undefined) ?? sets.at(-1);
  return { set: here ?? (await copyBefore(stack, moment.at)), moment };
}

/** Of a host that has lost its sets as well. */
async function copyBefore(stack: DataStack, at: Date): Promise<KnownSet | undefined> {
  const copies = await copiesOf(stack, await offsiteFor(stack));
  return copies.some(({ ended }) => ended <= at) ? chosenSet(stack, { set: undefined, at }) : undefined;
}

/** Of the archive on the host; of the log off the host, fetched into it, where the host has lost what leads to the moment. */
async function momentAt(stack: DataStack, at: Date): Promise<Moment | undefined> {
  const { runner, facts, say } = stack;
  const { place, access, volumes } = facts;
  const { database } = access.data;
  if (!volumes.has(resourceName(place, archiveVolume))) return undefined;
  if (database.kind === "sqlite") return momentOfFile(stack, at);
  const moment = await nearest(stack, at, await listSeries(runner, place, database.image), chooseMoment);
  if (moment === undefined)
    say(`the archive has no base backup from before ${at.toISOString()}: the newest set before it is what there is`);
  return moment;
}

async function momentOfFile(stack: DataStack, at: Date): Promise<Moment | undefined> {
  const { runner, facts, say } = stack;
  const receiver = await receiverOf(stack);
  if (receiver === undefined) {
    say("SQLite's log is read by what receives it, which `slipway:backup.continuous` true and `npm start` bring back");
    return undefined;
  }
  const { image } = receiver;
  const reader = { image, user: facts.access.data.user };
  const moment = await nearest(stack, at, await listLogs(runner, facts.place, reader), chooseLog);
  if (moment === undefined)
    say(`no log was received by ${at.toISOString()}: the newest set before it is what there is`);
  return moment && { ...moment, image };
}

type Choose = (all: readonly Series[], at: Date) => Moment | undefined;

async function nearest(
  stack: DataStack,
  at: Date,
  here: readonly Series[],
  choose: Choose,
): Promise<Moment | undefined> {
  return choose(here, at) ?? (await momentAway(stack, (all) => choose(all, at)));
}

/** Litestream's container, whether or not it runs. */
export async function receiverOf({
  runner,
  facts,
}: Pick<DataStack, "runner" | "facts">): Promise<Observed | undefined> {
  const found = await runner.list({ [label.stack]: facts.place.stack, [label.part]: archivePart });
  return found.find(({ labels }) => labels[label.role] === "part");
}

/** The archive is to have all that was acknowledged. Where it cannot be waited for, the replay itself says whether it reaches the moment. */
export async function awaitArchive(stack: DataStack): Promise<void> {
  await caughtUp(stack).catch((error: unknown) => {
    stack.say(`the archive may lack what was written last: ${messageOf(error)}`);
  });
}

async function caughtUp(stack: DataStack): Promise<void> {
  const { runner, facts } = stack;
  if (facts.access.data.database.kind === "postgres")
    return withData(runner, facts.place, "archive", facts.access, catchUp);
  const receiver = await receiverOf(stack);
  if (receiver !== undefined) await awaitLog(runner, receiver.id);
}
