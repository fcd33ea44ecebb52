import { engineClient } from "../../components/steps/docker-runner.ts";
import { renderProblems } from "../../infra/config/problem.ts";
import type { Arguments } from "../arguments.ts";
import { prepareFor } from "../prepare.ts";
import { contextOf, stackText } from "../stack.ts";
import { renderSeen, seenByApp } from "./show.ts";
import { readStackConfig } from "./stack.ts";

/** What the app will see, secrets masked; nothing needs to run. */
export async function exportEnv(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const [wrong] = wishes.rest;
  if (wrong !== undefined) throw new Error(`"${wrong}" is too much: npm run env:export [-- --stack NAME]`);
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, wishes.stack);
  const text = await stackText(wishes, engineClient(prepared.dockerHost), say);
  const { reading, system, mapping } = await readStackConfig(prepared, context, text);
  if ("problems" in reading) throw new Error(renderProblems(reading.problems));
  console.log(renderSeen(seenByApp(system, mapping)));
  return 0;
}
