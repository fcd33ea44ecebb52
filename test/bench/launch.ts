/** `npm run bench`: what Slipway costs, beside an empty program and beside docker compose. `-- --json`: one line for machines. */
import { parseArgs } from "node:util";
import { ensureCompose } from "./compose.ts";
import { measure } from "./measure.ts";
import { jsonLine, table } from "./report.ts";
import { selfTest } from "./self-test.ts";
import { BenchStack } from "./stack.ts";

const options = { json: { type: "boolean" }, "self-test": { type: "boolean" } } as const;

async function main(argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({ args: [...argv], options });
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) {
    process.once(name, () => stopping.abort(new Error(`stopped by ${name}`)));
  }
  const compose = await ensureCompose();
  const stack = await BenchStack.make(stopping.signal);
  try {
    if (values["self-test"] === true) return await selfTest(stack, compose, stopping.signal);
    const measured = await measure(stack, compose, stopping.signal);
    console.log(values.json === true ? jsonLine(measured) : table(measured, compose.version));
    return 0;
  } finally {
    await stack.remove();
  }
}

try {
  process.exitCode = Math.min(await main(process.argv.slice(2)), 1);
} catch (error) {
  console.error(`bench: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
