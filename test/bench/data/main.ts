/**
 * `npm run bench:data`: what is lost when a server is killed or its data are gone, and how long a restore takes, beside pg_restore. `-- --json`: one
 * line for machines; `--rounds 1`, `--sizes 100MB`: less, for a look;
 * `--restores`: nothing but restores, a line for each.
 */
import { parseArgs } from "node:util";
import { engineClient } from "../../../components/steps/docker-runner.ts";
import { ensureBaseImage } from "../../../infra/images/base-image.ts";
import { say } from "../../../toolchain/phases.ts";
import { prepare } from "../../../toolchain/prepare.ts";
import { TestStack } from "../../live/support/stack.ts";
import { DataBench } from "./bench.ts";
import { type Restored, resultLines, resultOf, type Size, sizes } from "./spec.ts";

const options = {
  json: { type: "boolean" },
  rounds: { type: "string" },
  sizes: { type: "string" },
  restores: { type: "boolean" },
} as const;

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options });
  const rounds = Number(values.rounds ?? 5);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("--rounds: allowed is a whole number from 1");
  const wanted = sizesOf(values.sizes);
  const { dockerHost } = await prepare({ stack: "local" });
  await ensureBaseImage(engineClient(dockerHost), say);
  const stack = await TestStack.orders();
  try {
    if (values.restores === true) {
      await unlessStopped(restored(await DataBench.launch(stack), wanted, rounds));
      return;
    }
    const result = resultOf(await unlessStopped(measured(stack, wanted, rounds)));
    process.stdout.write(`${values.json === true ? JSON.stringify(result) : resultLines(result)}\n`);
  } finally {
    await stack.destroy();
  }
}

async function measured(stack: TestStack, wanted: readonly Size[], rounds: number) {
  const bench = await DataBench.launch(stack);
  const killed = await bench.killed();
  const lost = await bench.lost();
  const writes = await bench.writes(rounds);
  return { killed, lost, writes, restores: await restored(bench, wanted, rounds) };
}

async function restored(bench: DataBench, wanted: readonly Size[], rounds: number): Promise<readonly Restored[]> {
  const restores: Restored[] = [];
  for (const size of wanted) restores.push(...(await bench.restores(size, rounds)));
  return restores;
}

function sizesOf(text: string | undefined): readonly Size[] {
  const known = Object.keys(sizes) as readonly Size[];
  const wanted = known.filter((size) => text === undefined || text.split(",").includes(size));
  if (wanted.length > 0) return wanted;
  throw new Error(`--sizes ${text}: allowed are ${known.join(", ")}, with commas between`);
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

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:data: ${error instanceof Error ? error.message : String(error)}`);
  // At once: of a bench that was stopped the load would go on otherwise.
  process.exit(1);
}
