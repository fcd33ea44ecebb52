import { readFile } from "node:fs/promises";
import { countLive } from "../../components/backup/rows.ts";
import { messageOf } from "../../components/steps/failure.ts";
import { generationOf } from "../../components/volumes/spec.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { assertServes, elsewhere } from "../platform.ts";
import { stackFile, valueAt } from "../stack-file.ts";
import { intoCluster, restoreThere } from "./cluster.ts";
import { fillBeside, nameOf } from "./fill.ts";
import { forgetOld } from "./forget.ts";
import { bring } from "./import/bring.ts";
import { assertLends, lend } from "./import/lend.ts";
import type { BroughtSet } from "./import/notes.ts";
import { type Source, sourceOf } from "./moment.ts";
import { chosenSet } from "./offsite.ts";
import { type RestorePlan, renderPlan } from "./plan.ts";
import { rowCount } from "./render.ts";
import { type RestoreWishes, restoreWishes } from "./restore-wishes.ts";
import { type DataStack, openStack } from "./session.ts";
import { finishSwitch, switchTo } from "./switch.ts";

/** Brings a stack's data back to a set, on volumes of their own; the running system is left alone until all of it is there and proved. */
export async function restore(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const wish = restoreWishes(wishes.rest);
  if (elsewhere(wishes.stack) === "Kubernetes") return restoreThere(wishes, wish, say);
  const own = await openStack(wishes, say);
  if (wish.into !== undefined && elsewhere(wish.into) === "Kubernetes")
    return intoCluster(own, { ...wishes, stack: wish.into }, wish);
  if (wish.into !== undefined) assertServes("restore", wish.into);
  if (wish.flags.has("--move"))
    throw new Error(
      `--move: ${wish.into} is on a Docker host; allowed is a stack in a cluster, for others --into copies`,
    );
  if (wish.flags.has("--forget-old")) return forgetOld(own, say);
  const stack = wish.into === undefined ? own : await openStack({ ...wishes, stack: wish.into }, say);
  if (stack !== own) assertLends(own.facts, stack.facts);
  const from = stack.facts.place.generation ?? 0;
  const configured = Number(
    valueAt(await readFile(stackFile(stack.context.stack), "utf8"), ["data", "generation"]) ?? 0,
  );
  if (configured > from) return finishSwitch(stack, configured, say);
  // What the state knows is somebody's data; what it does not know was begun by a restore and never served.
  const to = 1 + Math.max(from, ...[...stack.facts.volumes.keys()].map(generationOf));
  return toGeneration(stack, { ...(await chosen(own, stack, wish, to)), at: wish.at }, { from, to }, wish.flags);
}

interface Chosen {
  readonly source: Source;
  /** What the user must know of it beside. */
  readonly notes: readonly string[];
}

/** @param own the stack whose sets are meant. @param stack the one that is restored, which may be another */
async function chosen(own: DataStack, stack: DataStack, wish: RestoreWishes, to: number): Promise<Chosen> {
  if (wish.from.length > 0) return broughtSource(await bring(stack, wish.from, to));
  if (stack !== own) return broughtSource(await lend(own, stack, await chosenSet(own, wish)));
  return { source: await sourceOf(stack, wish), notes: [] };
}

function broughtSource({ set, notes }: BroughtSet): Chosen {
  return { source: { set }, notes };
}

async function toGeneration(
  stack: DataStack,
  { source, notes, at }: Chosen & { readonly at: Date | undefined },
  generations: RestorePlan["generations"],
  flags: ReadonlySet<string>,
): Promise<number> {
  const { say } = stack;
  const { place, access, stores } = stack.facts;
  // Data that cannot be read any more are what a restore is for.
  const rows = await countLive(stack.runner, place, access).catch((error: unknown) => {
    say(`the rows of now cannot be counted: ${messageOf(error)}`);
    return undefined;
  });
  const names = stores.map(({ name }) => name);
  const facts = { stack: place.stack, source, notes, at, now: new Date(), rows, generations, stores: names };
  console.log(renderPlan(facts));
  if (!flags.has("--yes") && !(await agreed("Restore?"))) {
    say("nothing was changed; --yes restores without a question");
    return 1;
  }
  const { from, to } = generations;
  const restored = await fillBeside(stack, { source, to, emergency: !flags.has("--no-emergency") });
  const code = await switchTo(stack, to, restored.parts, say);
  if (code !== 0) return code;
  console.log(
    `\n${place.stack} serves ${nameOf(source)} on volumes of generation ${to}: ${rowCount(restored.rows)} rows${source.moment === undefined ? ", as in the set" : ""}. ` +
      `What was there before is ${restored.emergency === undefined ? "" : `in ${restored.emergency}, and with the writes since `}on the volumes of generation ${from}.`,
  );
  return 0;
}
