import { chooseMoment, type Moment } from "../../components/archive/choice.ts";
import { catchUp, listSeries } from "../../components/archive/recover.ts";
import { archiveVolume } from "../../components/archive/spec.ts";
import { isOwn, type KnownSet, type SetWish } from "../../components/backup/manifest.ts";
import { withData } from "../../components/backup/sets.ts";
import { resourceName } from "../../components/container/spec.ts";
import { messageOf } from "../../components/steps/failure.ts";
import { chosenSet } from "./offsite.ts";
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
  return { set: sets.findLast(({ manifest }) => manifest !== undefined) ?? sets.at(-1), moment };
}

async function momentAt({ runner, facts, say }: DataStack, at: Date): Promise<Moment | undefined> {
  const { place, access, volumes } = facts;
  const { database } = access.data;
  if (database.kind !== "postgres" || !volumes.has(resourceName(place, archiveVolume))) return undefined;
  const all = await listSeries(runner, place, database.image);
  const moment = chooseMoment(all, at);
  if (moment === undefined)
    say(`the archive has no base backup from before ${at.toISOString()}: the newest set before it is what there is`);
  return moment;
}

/** The archive is to have all that was acknowledged. Where it cannot be waited for, the replay itself says whether it reaches the moment. */
export async function awaitArchive({ runner, facts, say }: DataStack): Promise<void> {
  await withData(runner, facts.place, "archive", facts.access, catchUp).catch((error: unknown) => {
    say(`the archive may lack what was written last: ${messageOf(error)}`);
  });
}
