import { Readable } from "node:stream";
import { readerRequest } from "../../components/backup/beside.ts";
import { takeLent } from "../../components/backup/brought.ts";
import { differences, type KnownSet } from "../../components/backup/manifest.ts";
import { countLive } from "../../components/backup/rows.ts";
import { restore, take } from "../../components/backup/sets.ts";
import { setsPath } from "../../components/backup/spec.ts";
import { takeWhole } from "../../components/backup/whole.ts";
import { clusterRunnerOf } from "../../components/steps/engine.ts";
import { messageOf, redacted, StepFailure } from "../../components/steps/failure.ts";
import type { SessionRunner } from "../../components/steps/runner.ts";
import { withSession } from "../../components/steps/session.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { prepareFor } from "../prepare.ts";
import { askPulumi, runPulumi } from "../pulumi.ts";
import { contextOf, stackExists } from "../stack.ts";
import { type ClusterFacts, clusterFactsOf } from "./facts.ts";
import { assertLendable, assertLends } from "./import/lend.ts";
import { chosenSet } from "./offsite.ts";
import { rowCount } from "./render.ts";
import type { RestoreWishes } from "./restore-wishes.ts";
import { type DataStack, listSets, wholeOf, withDataLease } from "./session.ts";
import { quiet } from "./switch.ts";

/** A stack in a cluster that takes the data of another. */
interface There {
  readonly facts: ClusterFacts;
  readonly runner: SessionRunner;
}

/**
 * Data of a stack on a Docker host for one in a cluster, where the database is replaced while its product runs: restored beside, then both renamed in
 * one transaction. With --move the stack here is stopped first, so that nothing is written that does not come along; when anything fails it serves again.
 */
export async function intoCluster(own: DataStack, wishes: Arguments, wish: RestoreWishes): Promise<number> {
  const there = await open(wishes);
  assertLends(own.facts, there.facts);
  const { database } = there.facts.access.data;
  if (database.kind === "sqlite")
    throw new Error(
      `--into ${wishes.stack}: its rows are in SQLite, whose one writer nothing in a cluster holds while the file is replaced; allowed is a stack with PostgreSQL`,
    );
  const moves = wish.flags.has("--move");
  const chosen = moves ? undefined : await chosenSet(own, wish);
  if (chosen !== undefined) assertTakes(chosen, own, there.facts);
  const stores = chosen?.manifest?.stores ?? own.facts.stores.map(({ name }) => name);
  console.log(planOf(own.facts.place.stack, wishes.stack, chosen?.name, stores));
  if (!wish.flags.has("--yes") && !(await agreed("Restore?"))) {
    own.say("nothing was changed; --yes restores without a question");
    return 1;
  }
  const secrets = [own.facts.access.secrets, there.facts.access.secrets].flatMap((each) => Object.values(each));
  return redacted(secrets, () => (chosen === undefined ? moved(own, there) : restored(own, there, chosen)));
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

async function open(wishes: Arguments): Promise<There> {
  const { stack } = wishes;
  const context = contextOf(await prepareFor(wishes), stack);
  if (!(await stackExists(context)))
    throw new Error(`there is no stack ${stack}; \`npm run systems\` lists those that there are`);
  const facts = clusterFactsOf(stack, await askPulumi(context, ["stack", "export", "--show-secrets"]));
  return { facts, runner: await clusterRunnerOf(facts.host) };
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

async function moved(own: DataStack, there: There): Promise<number> {
  const { say, context } = own;
  say(`stopping ${context.stack}: nothing is written from now on`);
  try {
    await quiet(own);
    const whole = await wholeOf(own);
    const { set } = await withDataLease(own, "backup", (lease) => takeWhole(lease, whole, "backup"));
    const taken = (await listSets(own)).find(({ name }) => name === set);
    if (taken === undefined) throw new StepFailure(`${set} was taken and is not there`);
    assertTakes(taken, own, there.facts);
    return await restored(own, there, taken);
  } catch (error) {
    say(`${messageOf(error)}\nThe move failed; ${context.stack} is started again.`);
    await runPulumi(context, ["up", "--yes", "--skip-preview"]);
    return 1;
  }
}

async function restored(own: DataStack, { facts, runner }: There, set: KnownSet): Promise<number> {
  const { say } = own;
  const { place, access } = facts;
  const emergency = await take(runner, place, access, "emergency");
  say(`copying ${set.name} of ${own.facts.place.stack} into the namespace of ${place.stack}`);
  const copy = await withSession(
    own.runner,
    own.facts.place,
    "lend",
    readerRequest(own.facts.access.data),
    async ({ id }) => {
      const archive = await own.engine.getContainer(id).getArchive({ path: `${setsPath}/${set.name}` });
      return takeLent(runner, facts, set.name, () => new Readable().wrap(archive));
    },
  );
  say(`restoring ${copy}`);
  await restore(runner, place, access, copy);
  const rows = await countLive(runner, place, access);
  const wrong = differences(set.manifest?.rows ?? {}, rows);
  if (wrong.length > 0)
    throw new StepFailure(
      `what was restored from ${set.name} is not what the set holds: ${wrong.join("; ")}. What was there before is in ${emergency.set}`,
    );
  console.log(
    `\n${place.stack} serves ${set.name} of ${own.facts.place.stack}: ${rowCount(rows)} rows, as in the set. What was there before is in ${emergency.set}.`,
  );
  return 0;
}
