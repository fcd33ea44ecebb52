/**
 * `npm run bench:release`: releases under load, Slipway's beside docker compose's. `-- --json`: one line for machines; `--system`: one of
 * them; `--only image,env`: some kinds of release; `--broken-switch`: a fault that the bench must report. Ends with 1 when anything of ours failed.
 */
import { parseArgs } from "node:util";
import { engineClient } from "../../../components/steps/docker-runner.ts";
import { ensureBaseImage } from "../../../infra/images/base-image.ts";
import { say } from "../../../toolchain/phases.ts";
import { prepare } from "../../../toolchain/prepare.ts";
import { TestStack } from "../../live/support/stack.ts";
import { type Compose, ensureCompose } from "../compose.ts";
import { ComposeSide } from "./compose.ts";
import { type Host, Ours, type PreparedHost } from "./ours.ts";
import { startOutside } from "./outside.ts";
import { jsonLine, kept, type Result, table } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { scenariosOf } from "./scenarios.ts";
import { underLoad } from "./under-load.ts";

const options = {
  json: { type: "boolean", default: false },
  system: { type: "string" },
  only: { type: "string", default: "" },
  "broken-switch": { type: "boolean", default: false },
} as const;

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options });
  const broken = values["broken-switch"];
  const only = broken ? ["image"] : values.only.split(",").filter((word) => word !== "");
  const scenarios = scenariosOf(values.system, only);
  const { dockerHost } = await prepare({ stack: "local" });
  const host = { dockerHost, engine: engineClient(dockerHost) };
  await ensureBaseImage(host.engine, say);
  process.env["DOCKER_HOST"] = dockerHost;
  const compose = broken ? undefined : await ensureCompose();
  const results: Result[] = [];
  for (const scenario of scenarios) {
    results.push(await bench(scenario, host, compose));
    if (!values.json) print(`${results.length > 1 ? "\n\n" : ""}${results.slice(-1).map(table).join("")}`);
  }
  if (values.json) print(jsonLine(results));
  else if (compose !== undefined) print(`\nCompose is ${compose.version}; it migrates, backs up and proves nothing.`);
  return results.every(kept) ? 0 : 1;
}

/** Standard output has the results alone: what doubles say of themselves goes where the progress goes. */
function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** What a system needs beside it runs for as long as both sides do. */
async function bench(scenario: Scenario, host: Host, compose: Compose | undefined): Promise<Result> {
  const outside = await startOutside(scenario.needs ?? []);
  try {
    return await sides(scenario, { ...host, outside }, compose);
  } finally {
    for (const each of outside) await each.stop();
  }
}

/** Ours, then compose with the same images and data. Without a compose: ours with a switch that breaks. */
async function sides(scenario: Scenario, host: PreparedHost, compose: Compose | undefined): Promise<Result> {
  const stack = await TestStack.make();
  try {
    const side = await unlessStopped(Ours.launch(stack, scenario, host, compose === undefined));
    const ours = await unlessStopped(underLoad(scenario, side, host.engine));
    if (compose === undefined) return { scenario, ours, compose: undefined };
    const beside = await ComposeSide.launch(compose, await side.retire(), scenario, host);
    try {
      return { scenario, ours, compose: await unlessStopped(underLoad(scenario, beside, host.engine)) };
    } finally {
      await beside.remove();
    }
  } finally {
    await stack.destroy();
  }
}

/** Whoever stops the bench is left with nothing of it: the waiting ends, and what stands is taken down. */
const stopped = new Promise<never>((_, reject) => {
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => reject(new Error(`stopped by ${name}; removing what was made`)));
});
stopped.catch(() => undefined);

function unlessStopped<T>(work: Promise<T>): Promise<T> {
  return Promise.race([work, stopped]);
}

console.log = console.error;
try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  // At once: of a bench that was stopped the load would go on otherwise.
  process.exit(1);
}
