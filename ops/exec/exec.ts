import { dockerRunner, engineClient } from "../../components/steps/docker-runner.ts";
import type { Arguments } from "../arguments.ts";
import { containersOf, partNames, partsOf, unknownPart } from "../part/find.ts";
import { prepareFor } from "../prepare.ts";
import { assertStack, contextOf } from "../stack.ts";
import { runAttached } from "./attach.ts";
import { storeArgv, storeEnv } from "./store-env.ts";

const usage = "npm run exec -- [--stack NAME] PART COMMAND...";

/** Runs a command in the serving container of a part, as if it ran here: its input, its output, its terminal, its exit code. */
export async function execute(wishes: Arguments): Promise<number> {
  const { stack, rest } = wishes;
  const [part, ...argv] = rest;
  if (part === undefined || part.startsWith("-") || argv.length === 0)
    throw new Error(`a part and a command are wanted: ${usage}`);
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, stack);
  await assertStack(context);
  const runner = dockerRunner(prepared.dockerHost);
  const parts = await partsOf(runner, stack);
  const [first] = containersOf(parts, part);
  if (first === undefined) throw new Error(unknownPart(stack, part, partNames(parts)));
  if (first.state !== "running")
    throw new Error(
      `${first.name} does not run: \`npm run status -- --stack ${stack}\` and \`npm run logs -- ${part} --stack ${stack}\` say more`,
    );
  const env = await storeEnv(runner, context, part, first.id);
  return runAttached(engineClient(prepared.dockerHost), first.id, storeArgv(part, argv), env);
}
