import { readFile } from "node:fs/promises";
import { dataAt, partOf, restoreBeside, schemaProblem, type Target, verify } from "../../components/backup/beside.ts";
import { chooseSet, type KnownSet } from "../../components/backup/manifest.ts";
import { countLive } from "../../components/backup/rows.ts";
import { takeWhole } from "../../components/backup/whole.ts";
import { messageOf, redacted, StepFailure } from "../../components/steps/failure.ts";
import { generationOf } from "../../components/volumes/spec.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { stackFile, valueAt } from "../stack-file.ts";
import { forgetOld } from "./forget.ts";
import { renderPlan } from "./plan.ts";
import { rowCount } from "./render.ts";
import { type DataStack, listSets, openStack, wholeOf, withDataLease } from "./session.ts";
import { finishSwitch, switchTo } from "./switch.ts";
import { dataVolumes, makeVolumes, partsOf, removeVolumes } from "./volumes.ts";
import { dataWishes } from "./wishes.ts";

const usage = "npm run restore -- [--stack NAME] [--set ID | --at TIME] [--yes], or --forget-old";

/** Brings a stack's data back to a set, on volumes of their own; the running system is left alone until all of it is there and proved. */
export async function restore(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const flags = ["--yes", "--forget-old"];
  const wish = dataWishes(wishes.rest, { usage, flags, choosesSet: true });
  const stack = await openStack(wishes, say);
  if (wish.flags.has("--forget-old")) return forgetOld(stack, say);
  const { place, access, stores } = stack.facts;
  const from = place.generation ?? 0;
  const configured = Number(valueAt(await readFile(stackFile(wishes.stack), "utf8"), ["data", "generation"]) ?? 0);
  if (configured > from) return finishSwitch(stack, configured, say);
  const set = chooseSet(await listSets(stack), wish, wishes.stack);
  // What the state knows is somebody's data; what it does not know was begun by a restore and never served.
  const to = 1 + Math.max(from, ...[...stack.facts.volumes.keys()].map(generationOf));
  const rows = await countLive(stack.runner, place, access);
  const names = stores.map(({ name }) => name);
  const facts = {
    stack: wishes.stack,
    set,
    at: wish.at,
    now: new Date(),
    rows,
    generations: { from, to },
    stores: names,
  };
  console.log(renderPlan(facts));
  if (!wish.flags.has("--yes") && !(await agreed("Restore?"))) {
    say("nothing was changed; --yes restores without a question");
    return 1;
  }
  const restored = await beside(stack, set, to, say);
  const code = await switchTo(stack, to, restored.parts, say);
  if (code !== 0) return code;
  console.log(
    `\n${wishes.stack} serves ${set.name} on volumes of generation ${to}: ${rowCount(restored.rows)} rows, as in the set. ` +
      `What was there before is in ${restored.emergency}, and with the writes since on the volumes of generation ${from}.`,
  );
  return 0;
}

/** Everything up to the switch; whatever fails leaves the running system as it was. */
async function beside(
  { engine, runner, facts, context }: DataStack,
  set: KnownSet,
  to: number,
  say: (line: string) => void,
) {
  const { place, access, schema, stores } = facts;
  const { data } = access;
  const next = { ...place, generation: to };
  const volumes = await dataVolumes(engine, place);
  const own = [...data.mounts.map(({ volume }) => partOf(volume, place)), ...stores.map(({ part }) => part)];
  const mine = data.database.kind === "postgres" ? [...own, "postgres-data"] : own;
  const kept = partsOf(volumes, place).filter((part) => !mine.includes(part));
  const parts = [...new Set([...mine, ...kept])];
  const target: Target = { place: next, data: dataAt(data, place, next), stores, kept };
  const whole = await wholeOf({ context, facts });
  return redacted(Object.values(access.secrets), () =>
    withDataLease({ runner, facts, say }, "restore", async (lease) => {
      try {
        await verify(runner, place, data, set.name);
        const problem = await schemaProblem(runner, place, access, schema, set.manifest?.revision);
        if (problem !== undefined) throw new StepFailure(problem);
        say("taking an emergency set of everything now");
        // One more than config says: the set that is to be restored may be the oldest.
        const roomy = { ...whole, access: { ...access, data: { ...data, keep: data.keep + 1 } } };
        const { set: emergency } = await takeWhole(lease, roomy, "emergency");
        say(`restoring ${set.name} into volumes of generation ${to}; the emergency set is ${emergency}`);
        await makeVolumes(engine, next, parts);
        const rows = await restoreBeside(runner, { place, data }, target, { set, spare: emergency });
        await lease.check();
        return { rows, emergency, parts };
      } catch (error) {
        const left = await removeVolumes(engine, next, parts).then(
          () => "",
          (why: unknown) => ` (its half volumes could not be removed: ${messageOf(why)}; the next restore does)`,
        );
        throw new StepFailure(`${messageOf(error)}\nNothing was switched: ${place.stack} serves as before${left}.`);
      }
    }),
  );
}
