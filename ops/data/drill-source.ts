import type { Moment } from "../../components/archive/choice.ts";
import { archiveVolume } from "../../components/archive/spec.ts";
import { assertPast, chooseSet, isOwn, isWhole, type KnownSet } from "../../components/backup/manifest.ts";
import { all } from "../../components/backup/sets.ts";
import { backupsVolume, setsPath } from "../../components/backup/spec.ts";
import { keeperRequest } from "../../components/backup/stores.ts";
import { type Place, resourceName } from "../../components/container/spec.ts";
import { fetch, listAway, type Offsite } from "../../components/offsite/copies.ts";
import type { Copy } from "../../components/offsite/spec.ts";
import { withSession } from "../../components/steps/session.ts";
import { script } from "../../components/steps/shell.ts";
import { receiverOf } from "./moment.ts";
import { offsiteFor, setsPlace } from "./offsite.ts";
import { fetchNewest } from "./offsite-moment.ts";
import { type DataStack, listSets } from "./session.ts";
import { makeVolumes } from "./volumes.ts";

/** Where a drill has its set from. */
export interface DrillSource {
  readonly from: "host" | "copy";
  /** What is tried, before the set itself is known. */
  readonly what: string;
  /** Part of the drill: what it takes counts. @param target the throw-away stack */
  readonly ready: (target: Place) => Promise<ReadySet>;
}

export interface ReadySet {
  readonly set: KnownSet;
  readonly backupVolume: string;
  /** The database is of this moment, by the log off the host, and not of the set. */
  readonly moment?: Moment | undefined;
}

/** The stack's newest set, of everything where there is one: it proves more than one of a release, which has no stores and counts no rows. */
export async function hostSource(stack: DataStack): Promise<DrillSource> {
  const sets = (await listSets(stack)).filter(isOwn);
  const whole = sets.filter(isWhole);
  const set = chooseSet(whole.length > 0 ? whole : sets, { set: undefined, at: undefined }, stack.context.stack);
  const { backupVolume } = stack.facts.access.data;
  return { from: "host", what: set.name, ready: async () => ({ set, backupVolume }) };
}

/** Its newest copy, as if the host had lost everything: it is fetched into the throw-away stack, which sees no volume of the stack's. */
export async function copySource(stack: DataStack): Promise<DrillSource> {
  const offsite = await offsiteFor(stack);
  const name = stack.context.stack;
  if (offsite === undefined)
    throw new Error(
      `stack ${name} has no copies off the host, which a drill could restore; \`pulumi config set --stack ${name} --path slipway:offsite.url s3:https://HOST/BUCKET\` says where they go`,
    );
  const what = `the newest copy in ${offsite.repository.url}`;
  return { from: "copy", what, ready: (target) => fetched(stack, offsite, target) };
}

async function fetched(stack: DataStack, offsite: Offsite, target: Place): Promise<ReadySet> {
  const { runner, engine, facts, say } = stack;
  const { data } = facts.access;
  const copy = newestCopy(await listAway(runner, setsPlace(stack), offsite), facts.place.stack);
  say(`fetching ${copy.name} from ${offsite.repository.url}`);
  const place = { stack: target.stack, system: target.system };
  const backupVolume = resourceName(place, backupsVolume);
  await makeVolumes(engine, place, [backupsVolume]);
  const own = { ...data, backupVolume };
  await withSession(runner, place, "keeper", keeperRequest(own, []), (session) =>
    all(session, "preparing a place for the copy", [
      script(`mkdir -m 700 ${setsPath}`, `chown ${data.user} ${setsPath}`),
    ]),
  );
  await fetch(runner, { place, backupVolume }, offsite, copy);
  const sets = await listSets({ runner, facts: { ...facts, place, access: { ...facts.access, data: own } } });
  const set = chooseSet(sets, { set: copy.name, at: undefined }, place.stack);
  await makeVolumes(engine, place, [archiveVolume]);
  const receiver = data.database.kind === "sqlite" ? await receiverOf(stack) : undefined;
  return { set, backupVolume, moment: await fetchNewest(stack, place, receiver?.image) };
}

/** Of everything, where there is one. @throws Error in words for the user when there is none at all */
export function newestCopy(copies: readonly Copy[], stack: string, now: Date = new Date()): Copy {
  assertPast(copies, stack, now);
  const found = copies.findLast(({ purpose }) => purpose === "backup") ?? copies.at(-1);
  if (found === undefined)
    throw new Error(`stack ${stack} has no copy there yet; \`npm run backup -- --stack ${stack}\` makes one`);
  return found;
}
