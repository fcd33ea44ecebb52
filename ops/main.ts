import { messageOf } from "../components/steps/failure.ts";
import { type Arguments, parseArguments } from "./arguments.ts";
import { down } from "./down.ts";
import { judgingArguments } from "./policies.ts";
import { prepareFor } from "./prepare.ts";
import { judgedPreview } from "./preview/judged.ts";
import { askPulumi } from "./pulumi.ts";
import { contextOf } from "./stack.ts";
import { start } from "./start.ts";

type Operation = (wishes: Arguments, say: (line: string) => void) => Promise<number>;

/** Everything `npm run` offers beside the tests; `toolchain/slipway.mjs` brings the Node that runs this. */
const operations: Readonly<Record<string, Operation>> = {
  start,
  down,
  async preview(wishes) {
    const prepared = await prepareFor(wishes);
    const judging = await judgingArguments(prepared, wishes.stack);
    return judgedPreview(contextOf(prepared, wishes.stack), [...judging, ...wishes.rest]);
  },
  async url(wishes) {
    const prepared = await prepareFor(wishes);
    console.log((await askPulumi(contextOf(prepared, wishes.stack), ["stack", "output", "url"])).trim());
    return 0;
  },
  async env(wishes) {
    const prepared = await prepareFor(wishes);
    for (const [name, value] of Object.entries<string>(prepared.env))
      console.log(`export ${name}='${value.replaceAll("'", `'\\''`)}'`);
    return 0;
  },
  async systems(wishes) {
    // Loaded here alone: it brings the Pulumi SDK with it.
    const { describeSystems, renderSystems } = await import("./systems.ts");
    console.log(renderSystems(await describeSystems(wishes)));
    return 0;
  },
  async "env:import"(wishes, say) {
    const { importEnv } = await import("./env/import.ts");
    return importEnv(wishes, say);
  },
  async "env:export"(wishes, say) {
    const { exportEnv } = await import("./env/export.ts");
    return exportEnv(wishes, say);
  },
  async "preview:comment"(wishes) {
    const { commentPreview } = await import("./preview/comment.ts");
    return commentPreview(wishes);
  },
  async proof(wishes) {
    const { printProof } = await import("./promote/proof.ts");
    return printProof(wishes);
  },
  async promote(wishes, say) {
    const { promote } = await import("./promote/promote.ts");
    return promote(wishes, say);
  },
  async docs() {
    // Loaded here alone: it brings the TypeScript compiler, which users' commands do not need.
    const { writeDocs } = await import("./docs.ts");
    writeDocs();
    return 0;
  },
};

/** Stacks that a command is about when none is named. */
const usualStacks: Readonly<Record<string, string>> = { proof: "staging", promote: "production" };

const [name = "", ...argv] = process.argv.slice(2);
const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
try {
  if (operation === undefined)
    throw new Error(`unknown command "${name}"; known are ${Object.keys(operations).join(", ")}`);
  process.exitCode = await operation(parseArguments(argv, usualStacks[name]), (line) => console.error(line));
} catch (error) {
  console.error(`slipway ${name}: ${messageOf(error)}`);
  process.exitCode = 1;
}
