import { readFile } from "node:fs/promises";
import { chooseSet, type KnownSet, type SetWish } from "../../components/backup/manifest.ts";
import type { TakenWhole } from "../../components/backup/whole.ts";
import { copyAway, fetch, listAway, type Offsite, type SetsPlace, thin } from "../../components/offsite/copies.ts";
import type { Copy } from "../../components/offsite/spec.ts";
import { messageOf, StepFailure } from "../../components/steps/failure.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { resolveOne } from "../../infra/images/all.ts";
import { offsiteOf } from "../../infra/platforms/docker/offsite.ts";
import { readStackConfig } from "../env/stack.ts";
import { stackFile, valueAt } from "../stack-file.ts";
import type { PlacedSet } from "./render.ts";
import { type DataStack, listSets, withDataLease } from "./session.ts";

/** Where copies of this stack's sets are, by its config of now; undefined when they are on the host alone. */
export async function offsiteFor(stack: DataStack): Promise<Offsite | undefined> {
  const settings = await settingsWith(stack, ["offsite", "url"]);
  return settings && offsiteOf(settings, (await resolveOne(stack.engine, "restic", settings, stack.say)).id);
}

/** The stack's config of now; undefined when nothing is said at a place of it. @throws Error with every problem that it has */
export async function settingsWith(
  { prepared, context }: DataStack,
  said: readonly string[],
): Promise<Settings | undefined> {
  const text = await readFile(stackFile(context.stack), "utf8");
  if (valueAt(text, said) === undefined) return undefined;
  const { reading } = await readStackConfig(prepared, context, text);
  if ("problems" in reading) throw new Error(renderProblems(reading.problems));
  return reading.settings;
}

/** Where the stack's own sets lie. */
export function setsPlace({ facts: { place, access } }: Pick<DataStack, "facts">): SetsPlace {
  return { place, backupVolume: access.data.backupVolume };
}

/** What the repository has; when it cannot be asked, that is said and the host's own sets are all there is. */
export async function copiesOf(stack: DataStack, offsite: Offsite | undefined): Promise<readonly Copy[]> {
  if (offsite === undefined) return [];
  return listAway(stack.runner, setsPlace(stack), offsite).catch((error: unknown) => {
    stack.say(`copies off the host are left out: ${messageOf(error)}`);
    return [];
  });
}

/** Sets of the host and of the repository, oldest first; of a copy alone nothing is known but its name and time. */
export function withCopies(sets: readonly KnownSet[], copies: readonly Copy[]): readonly PlacedSet[] {
  const copied = new Set(copies.map(({ name }) => name));
  const here = new Set(sets.map(({ name }) => name));
  const away = copies
    .filter(({ name }) => !here.has(name))
    .map(({ snapshot: _, ...copy }) => ({ ...copy, kilobytes: 0, manifest: undefined, where: "copy" as const }));
  const own = sets.map((set) => ({
    ...set,
    where: copied.has(set.name) ? ("host, copy" as const) : ("host" as const),
  }));
  return [...own, ...away].sort((a, b) => a.ended.getTime() - b.ended.getTime());
}

/** Copies a set that was just taken and removes copies past their time. @throws StepFailure that says that the set itself is there */
export async function sendAway(
  runner: Runner,
  stack: DataStack,
  offsite: Offsite,
  { set, manifest }: TakenWhole,
): Promise<void> {
  try {
    const taken = { name: set, ended: new Date(manifest.ended) };
    await copyAway(runner, setsPlace(stack), offsite, taken);
    const later = await thin(runner, setsPlace(stack), offsite, taken);
    if (later.length > 0)
      stack.say(
        `no old copy was removed: ${later.map(({ name }) => name).join(", ")} are of a later time than now, so a clock was wrong, then or now`,
      );
  } catch (error) {
    throw new StepFailure(
      `${messageOf(error)}\nThe set ${set} is complete on the host; only its copy is missing: \`npm run backup\` takes and copies another`,
    );
  }
}

/** The set that somebody wants, on the host: one that is only off it is fetched first, which changes nothing that serves. */
export async function chosenSet(stack: DataStack, wish: SetWish): Promise<KnownSet> {
  const name = stack.context.stack;
  const here = await listSets(stack);
  const offsite = await offsiteFor(stack);
  const copies = await copiesOf(stack, offsite);
  const set = chooseSet(withCopies(here, copies), wish, name);
  if (here.some((each) => each.name === set.name)) return set;
  const copy = copies.find((each) => each.name === set.name);
  if (offsite === undefined || copy === undefined) throw new Error(`${set.name} is neither here nor a copy`);
  stack.say(`fetching ${set.name} from ${offsite.repository.url}`);
  await withDataLease(stack, "fetch", ({ runner }) => fetch(runner, setsPlace(stack), offsite, copy));
  return chooseSet(await listSets(stack), { set: set.name, at: undefined }, name);
}
