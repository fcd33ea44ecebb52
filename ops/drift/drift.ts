import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import { type Arguments, notKnown } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { assertStack, contextOf } from "../stack.ts";
import { findHost } from "./host.ts";
import { type Drift, judge } from "./judge.ts";
import { askState } from "./state.ts";

/** Exit codes, for pipelines: 1 is every other failure, as always. */
const none = 0;
const found = 2;

/**
 * Says what is other than the last `up` left it. Read-only. Not by `pulumi refresh --preview-only`: (m) the docker provider's read removes a container
 * that it finds stopped, in a preview too, and sees neither networks of a container, nor its limits, nor files, nor schemas.
 */
export async function drift(wishes: Arguments): Promise<number> {
  const { stack, rest } = wishes;
  const [option, ...more] = rest;
  if ((option !== undefined && option !== "--json") || more.length > 0)
    throw notKnown(rest.join(" "), "npm run drift [-- --stack NAME] [--json]");
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, stack);
  await assertStack(context);
  const state = await askState(context);
  if (state.rollout === undefined)
    throw new Error(`nothing of stack ${stack} runs; \`npm start -- --stack ${stack}\` starts it`);
  const host = await findHost(engineClient(prepared.dockerHost), dockerRunner(prepared.dockerHost), stack, state);
  const drifts = judge(stack, state, host);
  console.log(
    option === "--json" ? JSON.stringify({ stack, drift: drifts }, undefined, 2) : renderDrift(stack, drifts),
  );
  return drifts.length === 0 ? none : found;
}

/** One block for each thing, with the command that mends it. */
export function renderDrift(stack: string, drifts: readonly Drift[]): string {
  if (drifts.length === 0) return `stack ${stack} is as the last up left it`;
  const lines = drifts.flatMap(({ kind, name, was, is, mend }) => [
    `  ${kind} ${name}`,
    `    was: ${was}`,
    `    is: ${is}`,
    `    mend: ${mend}`,
  ]);
  return [
    `stack ${stack}: ${drifts.length} ${drifts.length === 1 ? "thing is" : "things are"} other than the last up left ${drifts.length === 1 ? "it" : "them"}`,
    ...lines,
  ].join("\n");
}
