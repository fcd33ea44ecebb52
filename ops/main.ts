import { messageOf } from "../components/steps/failure.ts";
import { quote } from "../components/steps/shell.ts";
import { type Arguments, parseArguments } from "./arguments.ts";
import { down } from "./down.ts";
import { assertServes } from "./platform.ts";
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
    // A shell in which the user runs Pulumi on any project, infra/bootstrap too.
    const prepared = await prepareFor(wishes, true);
    for (const [name, value] of Object.entries<string>(prepared.env)) console.log(`export ${name}=${quote(value)}`);
    return 0;
  },
  async systems(wishes) {
    // Loaded here alone: it brings the Pulumi SDK with it.
    const { describeSystems, renderSystems } = await import("./systems.ts");
    console.log(renderSystems(await describeSystems(wishes)));
    return 0;
  },
  async status(wishes, say) {
    const { status } = await import("./status/status.ts");
    return status(wishes, say);
  },
  async dashboards(wishes, say) {
    // Loaded here alone: Grafana's builder takes a quarter of a second.
    const { dashboards } = await import("./dashboards/dashboards.ts");
    return dashboards(wishes, say);
  },
  async report(wishes, say) {
    const { report } = await import("./report/report.ts");
    return report(wishes, say);
  },
  async logs(wishes) {
    const { logs } = await import("./logs/logs.ts");
    return logs(wishes);
  },
  async exec(wishes) {
    const { execute } = await import("./exec/exec.ts");
    return execute(wishes);
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
  async backup(wishes, say) {
    const { backup } = await import("./data/backup.ts");
    return backup(wishes, say);
  },
  async restore(wishes, say) {
    const { restore } = await import("./data/restore.ts");
    return restore(wishes, say);
  },
  async schedule(wishes) {
    const { schedule } = await import("./data/schedule.ts");
    return schedule(wishes);
  },
  async drill(wishes, say) {
    const { drill } = await import("./data/drill.ts");
    return drill(wishes, say);
  },
  async proof(wishes) {
    const { printProof } = await import("./promote/proof.ts");
    return printProof(wishes);
  },
  async promote(wishes, say) {
    const { promote } = await import("./promote/promote.ts");
    return promote(wishes, say);
  },
  async "preview:post"(wishes, say) {
    const { postComment } = await import("./preview/post.ts");
    return postComment(wishes, say);
  },
  async scan(wishes) {
    const { scan } = await import("./scan/scan.ts");
    return scan(wishes);
  },
  async drift(wishes) {
    const { drift } = await import("./drift/drift.ts");
    return drift(wishes);
  },
  async host(wishes, say) {
    const { host } = await import("./aws/host.ts");
    return host(wishes, say);
  },
  async size(wishes) {
    const { size } = await import("./size/size.ts");
    return size(wishes);
  },
  async docs() {
    // Loaded here alone: it brings the TypeScript compiler, which users' commands do not need.
    const { writeDocs } = await import("./docs.ts");
    writeDocs();
    return 0;
  },
};

/** Stacks that a command is about when none is named. */
const usualStacks: Readonly<Record<string, string>> = {
  proof: "staging",
  promote: "production",
  size: "production",
  host: "production",
};

const [name = "", ...argv] = process.argv.slice(2);
const operation = Object.hasOwn(operations, name) ? operations[name] : undefined;
try {
  if (operation === undefined)
    throw new Error(`unknown command "${name}"; known are ${Object.keys(operations).join(", ")}`);
  const ours = parseArguments(argv, usualStacks[name], name === "exec");
  assertServes(name, ours.stack);
  process.exitCode = await operation(ours, (line) => console.error(line));
} catch (error) {
  console.error(`slipway ${name}: ${messageOf(error)}`);
  process.exitCode = 1;
}
