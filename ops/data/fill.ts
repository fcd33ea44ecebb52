import {
  dataAt,
  type From,
  partOf,
  restoreBeside,
  schemaProblem,
  type Target,
  verify,
} from "../../components/backup/restore-beside.ts";
import { takeWhole } from "../../components/backup/whole.ts";
import { messageOf, redacted, StepFailure } from "../../components/steps/failure.ts";
import type { Journal } from "../../components/steps/journal.ts";
import type { Lease } from "../../components/steps/lease.ts";
import { awaitArchive, type Source } from "./moment.ts";
import { assertReleasable } from "./releasable.ts";
import { type DataStack, wholeOf, withDataLease } from "./session.ts";
import { dataVolumes, makeVolumes, partsOf, removeVolumes } from "./volumes.ts";

export interface Wanted {
  readonly source: Source;
  /** The generation that is made. */
  readonly to: number;
  readonly emergency: boolean;
}

export interface Filled {
  readonly rows: Readonly<Record<string, number>>;
  readonly emergency: string | undefined;
  /** Of the volumes, without their generation. */
  readonly parts: readonly string[];
}

/** Everything of a restore up to its switch; whatever fails leaves the running system as it was. */
export function fillBeside(stack: DataStack, wanted: Wanted): Promise<Filled> {
  const { engine, runner, facts, say } = stack;
  const { place, access } = facts;
  const { data } = access;
  const { source, to } = wanted;
  const next = { ...place, generation: to };
  return redacted(Object.values(access.secrets), () =>
    withDataLease(stack, "restore", async (lease) => {
      const target = await targetOf(stack, wanted);
      try {
        // Before a set of everything is taken for it; the restore itself reads it to its end in any case.
        if (source.set !== undefined && wanted.emergency) await verify(runner, place, data, source.set.name);
        if (source.moment === undefined) await accepts(stack, source.set.manifest?.revision);
        const emergency = wanted.emergency ? await emergencySet(lease, stack) : undefined;
        if (source.moment !== undefined) await awaitArchive(stack);
        say(`restoring ${nameOf(source)} into volumes of generation ${to}`);
        await makeVolumes(engine, next, target.parts);
        const from = fromOf(stack, source, emergency);
        const restored = await restoreBeside(runner, { place, data }, target, from);
        await assertReleasable(lease, restored);
        await lease.save({ ...lease.journal, restored: cameFrom(source, to) });
        return { rows: restored.rows, emergency, parts: target.parts };
      } catch (error) {
        const left = await removeVolumes(engine, next, target.parts).then(
          () => "",
          (why: unknown) => ` (its half volumes could not be removed: ${messageOf(why)}; the next restore does)`,
        );
        throw new StepFailure(`${messageOf(error)}\nNothing was switched: ${place.stack} serves as before${left}.`);
      }
    }),
  );
}

/** `20261128T020000Z-backup`, or the moment. */
export function nameOf({ set, moment }: Source): string {
  return moment === undefined ? set.name : `the moment ${moment.at.toISOString()}`;
}

/** What the release onto these data may take for its own set: of a moment there is none. */
function cameFrom({ set, moment }: Source, generation: number): Journal["restored"] {
  const revision = set?.manifest?.revision;
  if (moment !== undefined || set === undefined || revision === undefined) return undefined;
  return { generation, set: set.name, revision };
}

function fromOf(stack: DataStack, { set, moment }: Source, emergency: string | undefined): From {
  const { stores, access, schema } = stack.facts;
  const spare = emergency ?? set?.name ?? "";
  if (spare === "" && stores.length + access.data.directories.length > 0)
    throw new StepFailure(
      "there is no set from before that moment, whose directories and stores could come with the database: without --no-emergency those of now do",
    );
  const check = (revision: string | undefined) => accepts(stack, revision);
  return { set, spare, ...(moment !== undefined && { recover: { moment, schema, accepts: check } }) };
}

/** @throws StepFailure when the running image does not know the schema */
async function accepts({ runner, facts }: DataStack, revision: string | undefined): Promise<void> {
  const { place, access, schema } = facts;
  const problem = await schemaProblem(runner, place, access, schema, revision);
  if (problem !== undefined) throw new StepFailure(problem);
}

/** Every data volume gets the new generation: what the set holds from it, all else as it is now. */
async function targetOf({ engine, facts }: DataStack, { source: { set }, to, emergency }: Wanted) {
  const { place, access } = facts;
  const { data } = access;
  // A store that the set has not comes from the emergency set, or without one from its volume as it lies.
  const stores = facts.stores.filter(({ name }) => emergency || set?.manifest?.stores.includes(name) === true);
  const own = [...data.mounts.map(({ volume }) => partOf(volume, place)), ...stores.map(({ part }) => part)];
  const mine = data.database.kind === "postgres" ? [...own, "postgres-data"] : own;
  const kept = partsOf(await dataVolumes(engine, place), place).filter((part) => !mine.includes(part));
  const next = { ...place, generation: to };
  const target: Target = { place: next, data: dataAt(data, place, next), stores, kept };
  return { ...target, parts: [...new Set([...mine, ...kept])] };
}

async function emergencySet(lease: Lease, stack: DataStack): Promise<string> {
  const { data } = stack.facts.access;
  stack.say("taking an emergency set of everything now");
  try {
    const whole = await wholeOf(stack);
    // More than config says: the set that is to be restored may be the oldest, and one too many when it was fetched.
    const roomy = { ...whole.access, data: { ...data, keep: data.keep + 2 } };
    return (await takeWhole(lease, { ...whole, access: roomy }, "emergency")).set;
  } catch (error) {
    throw new StepFailure(
      `${messageOf(error)}\nThe emergency set could not be taken. What it would hold stays on the volumes of now; to restore without it, when the data cannot be read any more: the same command with --no-emergency`,
    );
  }
}
