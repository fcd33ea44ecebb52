import { dataAt, partOf, restoreBeside, schemaProblem, type Target, verify } from "../../components/backup/beside.ts";
import type { KnownSet } from "../../components/backup/manifest.ts";
import { takeWhole } from "../../components/backup/whole.ts";
import { messageOf, redacted, StepFailure } from "../../components/steps/failure.ts";
import type { Lease } from "../../components/steps/lease.ts";
import { type DataStack, wholeOf, withDataLease } from "./session.ts";
import { dataVolumes, makeVolumes, partsOf, removeVolumes } from "./volumes.ts";

export interface Wanted {
  readonly set: KnownSet;
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
  const { place, access, schema } = facts;
  const { data } = access;
  const { set, to } = wanted;
  const next = { ...place, generation: to };
  return redacted(Object.values(access.secrets), () =>
    withDataLease(stack, "restore", async (lease) => {
      const target = await targetOf(stack, wanted);
      try {
        await verify(runner, place, data, set.name);
        const problem = await schemaProblem(runner, place, access, schema, set.manifest?.revision);
        if (problem !== undefined) throw new StepFailure(problem);
        const emergency = wanted.emergency ? await emergencySet(lease, stack) : undefined;
        say(`restoring ${set.name} into volumes of generation ${to}`);
        await makeVolumes(engine, next, target.parts);
        const rows = await restoreBeside(runner, { place, data }, target, { set, spare: emergency ?? set.name });
        return { rows, emergency, parts: target.parts };
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

/** Every data volume gets the new generation: what the set holds from it, all else as it is now. */
async function targetOf({ engine, facts }: DataStack, { set, to, emergency }: Wanted) {
  const { place, access } = facts;
  const { data } = access;
  // A store that the set has not comes from the emergency set, or without one from its volume as it lies.
  const stores = facts.stores.filter(({ name }) => emergency || set.manifest?.stores.includes(name) === true);
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
