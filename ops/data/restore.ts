import { readFile } from "node:fs/promises";
import { countLive } from "../../components/backup/rows.ts";
import { messageOf } from "../../components/steps/failure.ts";
import { generationOf } from "../../components/volumes/spec.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { stackFile, valueAt } from "../stack-file.ts";
import { fillBeside, nameOf } from "./fill.ts";
import { forgetOld } from "./forget.ts";
import { sourceOf } from "./moment.ts";
import { renderPlan } from "./plan.ts";
import { rowCount } from "./render.ts";
import { openStack } from "./session.ts";
import { finishSwitch, switchTo } from "./switch.ts";
import { dataWishes } from "./wishes.ts";

const usage = "npm run restore -- [--stack NAME] [--set ID | --at TIME] [--yes] [--no-emergency], or --forget-old";

/** Brings a stack's data back to a set, on volumes of their own; the running system is left alone until all of it is there and proved. */
export async function restore(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const flags = ["--yes", "--no-emergency", "--forget-old"];
  const wish = dataWishes(wishes.rest, { usage, flags, choosesSet: true });
  const stack = await openStack(wishes, say);
  if (wish.flags.has("--forget-old")) return forgetOld(stack, say);
  const { place, access, stores } = stack.facts;
  const from = place.generation ?? 0;
  const configured = Number(valueAt(await readFile(stackFile(wishes.stack), "utf8"), ["data", "generation"]) ?? 0);
  if (configured > from) return finishSwitch(stack, configured, say);
  const source = await sourceOf(stack, wish);
  // What the state knows is somebody's data; what it does not know was begun by a restore and never served.
  const to = 1 + Math.max(from, ...[...stack.facts.volumes.keys()].map(generationOf));
  // Data that cannot be read any more are what a restore is for.
  const rows = await countLive(stack.runner, place, access).catch((error: unknown) => {
    say(`the rows of now cannot be counted: ${messageOf(error)}`);
    return undefined;
  });
  const names = stores.map(({ name }) => name);
  const facts = {
    stack: wishes.stack,
    source,
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
  const restored = await fillBeside(stack, { source, to, emergency: !wish.flags.has("--no-emergency") });
  const code = await switchTo(stack, to, restored.parts, say);
  if (code !== 0) return code;
  console.log(
    `\n${wishes.stack} serves ${nameOf(source)} on volumes of generation ${to}: ${rowCount(restored.rows)} rows${source.moment === undefined ? ", as in the set" : ""}. ` +
      `What was there before is ${restored.emergency === undefined ? "" : `in ${restored.emergency}, and with the writes since `}on the volumes of generation ${from}.`,
  );
  return 0;
}
