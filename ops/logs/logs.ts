import type Docker from "dockerode";
import { label, resourceName } from "../../components/container/spec.ts";
import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { redact } from "../../components/steps/failure.ts";
import type { Observed } from "../../components/steps/runner.ts";
import type { Arguments } from "../arguments.ts";
import { containersOf, partNames, partsOf, unknownPart } from "../part/find.ts";
import { prepareFor } from "../prepare.ts";
import { type Recorded, readRecorded } from "../recorded/recorded.ts";
import { assertStack, contextOf } from "../stack.ts";
import { follow } from "./follow.ts";
import { logsWish } from "./options.ts";
import { type Filter, type From, merged } from "./pick.ts";
import { readLog } from "./read.ts";

/** Prints what a part, all replicas of a workload, or a step has said; known secrets are replaced. */
export async function logs(wishes: Arguments): Promise<number> {
  const wish = logsWish(wishes.rest);
  process.stdout.on("error", endWithReader);
  const { stack } = wishes;
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, stack);
  await assertStack(context);
  // Without the secrets nothing is printed: nobody could say what is in a line.
  const recorded = await readRecorded(context);
  const filter = { redacted: (text: string) => redact(text, recorded.secrets), grep: wish.grep };
  const parts = await partsOf(dockerRunner(prepared.dockerHost), stack);
  const containers = containersOf(parts, wish.part);
  if (containers.length === 0)
    return printStep(recorded, wish.part, filter, () => unknown(stack, wish.part, recorded, partNames(parts)));
  const engine = engineClient(prepared.dockerHost);
  const since = wish.sinceSeconds === undefined ? undefined : Date.now() - wish.sinceSeconds * 1000;
  // What an expression leaves out must not be counted by the engine.
  const engineTail = wish.grep === undefined ? wish.tail : undefined;
  const wanted = { ...(since !== undefined && { since }), ...(engineTail !== undefined && { tail: engineTail }) };
  const found = await Promise.all(containers.map((container) => linesOf(engine, container, wanted)));
  const print = (line: From) => console.log(`${prefixOf(line.container, stack, containers)}${line.text}`);
  for (const line of merged(found, filter, wish.tail)) print(line);
  if (wish.follow)
    await follow(
      engine,
      { stack, part: wish.part, containers, seen: found.map((lines) => lines.at(-1)?.at) },
      filter,
      print,
    );
  return 0;
}

/** `| head` reads no further. */
function endWithReader(error: Error): void {
  if ("code" in error && error.code === "EPIPE") process.exit(0);
  throw error;
}

async function linesOf(
  engine: Docker,
  { id, name }: Observed,
  wanted: Parameters<typeof readLog>[2],
): Promise<readonly From[]> {
  return (await readLog(engine, id, wanted)).map((line) => ({ ...line, container: name }));
}

/** `app-r20261128-111148-c253-0 | `; a part has one container, which needs no name. */
function prefixOf(container: string, stack: string, containers: readonly Observed[]): string {
  const part = containers.every(({ labels }) => labels[label.role] === "part");
  return part ? "" : `${container.replace(resourceName({ stack, system: "" }, ""), "")} | `;
}

/** A step runs and is gone: what it found out stands in the state. */
function printStep({ steps }: Recorded, name: string, { redacted, grep }: Filter, refusal: () => string): number {
  const step = steps.find((each) => each.name === name);
  if (step === undefined) throw new Error(refusal());
  for (const line of step.lines.map(redacted).filter((text) => grep?.test(text) ?? true)) console.log(line);
  return 0;
}

function unknown(stack: string, part: string, { steps }: Recorded, names: readonly string[]): string {
  const beside =
    steps.length === 0 ? "" : `; steps, by what their last run found out: ${steps.map(({ name }) => name).join(", ")}`;
  return `${unknownPart(stack, part, names)}${beside}`;
}
