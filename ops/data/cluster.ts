import { Readable } from "node:stream";
import { takeLent } from "../../components/backup/brought.ts";
import { chooseSet, type KnownSet } from "../../components/backup/manifest.ts";
import { take } from "../../components/backup/sets.ts";
import { readerRequest, setsPath } from "../../components/backup/spec.ts";
import { takeWhole } from "../../components/backup/whole.ts";
import { messageOf, redacted, StepFailure } from "../../components/steps/failure.ts";
import { withSession } from "../../components/steps/session.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { runPulumi } from "../pulumi.ts";
import { bytes } from "../status/words.ts";
import type { ClusterFacts } from "./facts.ts";
import { assertLendable, assertLends } from "./import/lend.ts";
import { chosenSet } from "./offsite.ts";
import { renderSets, rowCount } from "./render.ts";
import type { RestoreWishes } from "./restore-wishes.ts";
import { type DataStack, listSets, wholeOf, withDataLease } from "./session.ts";
import { quiet } from "./switch.ts";
import { aloneThere, assertReplaceable, openThere, type Replaced, replaceData, type There } from "./there.ts";

const nothingDone = "nothing was changed; --yes restores without a question";

/** `npm run backup` of a stack in a cluster: a set as a release takes it, of database and directories. */
export async function backupThere(wishes: Arguments, flags: ReadonlySet<string>): Promise<number> {
  const there = await openThere(wishes);
  const json = flags.has("--json");
  if (flags.has("--list")) {
    const sets = (await listSets(there)).map((set) => ({ ...set, where: "host" as const }));
    console.log(json ? JSON.stringify(sets) : renderSets(sets, wishes.stack, new Date()));
    return 0;
  }
  const taken = await aloneThere(there, "backup", ({ runner, facts: { place, access } }) =>
    redacted(Object.values(access.secrets), () => take(runner, place, access, "backup")),
  );
  console.log(json ? JSON.stringify(taken) : `${taken.set}: ${bytes(taken.kilobytes * 1024)}`);
  return 0;
}

/** `npm run restore` of a stack in a cluster, by its own sets. */
export async function restoreThere(wishes: Arguments, wish: RestoreWishes, say: DataStack["say"]): Promise<number> {
  const { flags } = wish;
  if (wish.from.length > 0 || wish.into !== undefined || flags.has("--forget-old") || flags.has("--no-emergency"))
    throw new Error(`stack ${wishes.stack} runs on Kubernetes: allowed are --set, --at and --yes`);
  const there = await openThere(wishes);
  const { place } = there.facts;
  assertReplaceable(there.facts);
  const set = chooseSet(await listSets(there), wish, place.stack);
  console.log(
    [
      `Restores stack ${place.stack} to ${set.name}, complete since ${set.ended.toISOString()} (${bytes(set.kilobytes * 1024)}), while it runs.`,
      "  Lost to users: what was written since, of which an emergency set is taken first. Redis and vectors stay as now.",
    ].join("\n"),
  );
  if (!flags.has("--yes") && !(await agreed("Restore?"))) {
    say(nothingDone);
    return 1;
  }
  const done = await aloneThere(there, "restore", (fresh) =>
    redacted(Object.values(fresh.facts.access.secrets), () => replaceData(fresh, set.name, set.manifest)),
  );
  tell(place.stack, set.name, done);
  return 0;
}

/**
 * Data of a stack on a Docker host for one in a cluster. With --move the stack here is stopped first, so that nothing is written that does not come
 * along; when anything fails it serves again.
 */
export async function intoCluster(own: DataStack, wishes: Arguments, wish: RestoreWishes): Promise<number> {
  const there = await openThere(wishes);
  assertLends(own.facts, there.facts);
  assertReplaceable(there.facts);
  const chosen = wish.flags.has("--move") ? undefined : await chosenSet(own, wish);
  if (chosen !== undefined) assertTakes(chosen, own, there.facts);
  const stores = chosen?.manifest?.stores ?? own.facts.stores.map(({ name }) => name);
  console.log(planOf(own.facts.place.stack, wishes.stack, chosen?.name, stores));
  if (!wish.flags.has("--yes") && !(await agreed("Restore?"))) {
    own.say(nothingDone);
    return 1;
  }
  const secrets = [own.facts.access.secrets, there.facts.access.secrets].flatMap((each) => Object.values(each));
  return aloneThere(there, chosen === undefined ? "move" : "restore", (fresh) => {
    if (chosen === undefined) return orStartedAgain(own, () => redacted(secrets, () => moved(own, fresh)));
    assertTakes(chosen, own, fresh.facts);
    return redacted(secrets, () => restored(own, fresh, chosen));
  });
}

/** What will happen; pure. @param set undefined: one that is taken when the stack has stopped. @param stores that are in the set, beside the database */
export function planOf(from: string, to: string, set: string | undefined, stores: readonly string[]): string {
  const of =
    set === undefined
      ? [
          `Moves the data of stack ${from} to ${to} in a cluster: stops ${from}, takes a set of its last moment, and restores it there.`,
          `  From now on ${from} does not serve; when anything fails it does again. Lost to users: nothing.`,
        ]
      : [
          `Restores ${set} of stack ${from} in ${to} in a cluster; of ${from} nothing changes.`,
          `  Lost to users of ${to}: all that it has now, of which an emergency set is taken first.`,
        ];
  const left = stores.length === 0 ? [] : [`  Not restored there, and left as now: ${stores.join(", ")}.`];
  return [
    ...of,
    `  Secrets stay those of ${to}: what the product encrypted or signed with others cannot be read with them.`,
    ...left,
  ].join("\n");
}

/** @throws Error in words for the user for a set that the release in the cluster could not serve */
export function assertTakes(set: KnownSet, own: Pick<DataStack, "facts">, { place, schema }: ClusterFacts): void {
  assertLendable(set, own.facts.place.stack);
  const { revision } = set.manifest ?? {};
  if (revision === schema.target) return;
  throw new Error(
    `${set.name}: its schema is at ${revision ?? "no revision"}, and ${place.stack} runs ${schema.target}; release the same version there first`,
  );
}

async function orStartedAgain({ say, context }: DataStack, move: () => Promise<number>): Promise<number> {
  try {
    return await move();
  } catch (error) {
    say(`${messageOf(error)}\nThe move failed; ${context.stack} is started again.`);
    await runPulumi(context, ["up", "--yes", "--skip-preview"]);
    return 1;
  }
}

async function moved(own: DataStack, there: There): Promise<number> {
  own.say(`stopping ${own.context.stack}: nothing is written from now on`);
  await quiet(own);
  const whole = await wholeOf(own);
  const { set } = await withDataLease(own, "backup", (lease) => takeWhole(lease, whole, "backup"));
  const taken = (await listSets(own)).find(({ name }) => name === set);
  if (taken === undefined) throw new StepFailure(`${set} was taken and is not there`);
  assertTakes(taken, own, there.facts);
  return restored(own, there, taken);
}

async function restored(own: DataStack, there: There, set: KnownSet): Promise<number> {
  const from = own.facts.place;
  own.say(`copying ${set.name} of ${from.stack} into the namespace of ${there.facts.place.stack}`);
  const copy = await withSession(own.runner, from, "lend", readerRequest(own.facts.access.data), async ({ id }) => {
    const archive = await own.engine.getContainer(id).getArchive({ path: `${setsPath}/${set.name}` });
    return takeLent(there.runner, there.facts, set.name, () => Readable.from(archive));
  });
  const done = await replaceData(there, copy, set.manifest);
  tell(there.facts.place.stack, `${set.name} of ${from.stack}`, done);
  return 0;
}

function tell(stack: string, what: string, { rows, emergency }: Replaced): void {
  console.log(`\n${stack} serves ${what}: ${rowCount(rows)} rows. What was there before is in ${emergency}.`);
}
