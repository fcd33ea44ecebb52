import { readFile } from "node:fs/promises";
import { engineClient } from "../../components/steps/docker-runner.ts";
import { readSettings } from "../../infra/config/read.ts";
import type { Arguments } from "../arguments.ts";
import { agreed } from "../ask.ts";
import { prepareFor } from "../prepare.ts";
import { contextOf, ensureStack, stackText } from "../stack.ts";
import { broughtBy, renderBrought, treeOfConfig, withEntries } from "./config.ts";
import { parseEnvFile } from "./file.ts";
import { planImport, sortEntries } from "./plan.ts";
import { renderPlan, renderRefusals } from "./render.ts";
import { seenValue } from "./show.ts";
import { readStackConfig, writeEntries } from "./stack.ts";

const usage = "npm run env:import -- FILE [--stack NAME] [--dry-run] [--yes]";

/** `FILE`, `--dry-run` and `--yes`. @throws Error in words for the user */
export function importWishes(rest: readonly string[]) {
  const switches = ["--dry-run", "--yes"];
  const [file, ...more] = rest.filter((word) => !switches.includes(word));
  const wrong = file?.startsWith("-") ? file : more[0];
  if (file === undefined || wrong !== undefined)
    throw new Error(`${wrong === undefined ? "there is no file" : `"${wrong}" is too much`}: ${usage}`);
  return { file, dryRun: rest.includes("--dry-run"), yes: rest.includes("--yes") };
}

/** A guide-style .env into the stack's config: all of it, or nothing and every reason. */
export async function importEnv(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const { file, dryRun, yes } = importWishes(wishes.rest);
  const env = parseEnvFile(await readFile(file, "utf8"));
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, wishes.stack);
  const engine = engineClient(prepared.dockerHost);
  const text = await stackText(wishes, engine, say);
  const { raw, reading, system, mapping } = await readStackConfig(prepared, context, text);
  const plan = planImport(env, mapping, treeOfConfig(raw));
  const known = "problems" in reading ? reading.problems : [];
  const after = readSettings(withEntries(raw, plan.entries));
  const { brought, others } = broughtBy(plan.entries, known, "problems" in after ? after.problems : []);
  console.log(renderPlan(plan, (name) => seenValue(system, mapping.env[name])));
  const refusals = [...plan.problems, ...brought.map((one) => renderBrought(plan.entries, one))];
  if (refusals.length > 0) {
    console.error(`\n${renderRefusals(refusals)}`);
    return 1;
  }
  if (others.length > 0)
    say(`\nThe config has other problems too; \`npm start\` names them: ${others.map(({ path }) => path).join(", ")}`);
  const { added, changed } = sortEntries(plan.entries);
  if (dryRun || added.length + changed.length === 0) {
    say(`\n${dryRun ? "a dry run" : "nothing to change"}: nothing was written`);
    return 0;
  }
  if (changed.length > 0 && !yes && !(await agreed(`Change ${changed.length} of the stack's values?`))) {
    say("\nnothing was written; --yes changes what is there without a question");
    return 1;
  }
  await ensureStack(context, wishes, engine, say);
  await writeEntries(context, [...added, ...changed]);
  say(`\n${added.length + changed.length} values are in Pulumi.${wishes.stack}.yaml, secrets encrypted`);
  return 0;
}
