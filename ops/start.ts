import { readFile } from "node:fs/promises";
import { label } from "../components/container/spec.ts";
import { edgeLabel } from "../components/edge/share.ts";
import { internalRoot } from "../components/edge/trust.ts";
import { dockerRunner, engineClient } from "../components/steps/docker-runner.ts";
import type { Observed } from "../components/steps/runner.ts";
import { ensureBaseImage } from "../infra/images/base-image.ts";
import { askedHostVariable } from "../toolchain/docker-host.ts";
import { phase } from "../toolchain/phases.ts";
import type { Arguments } from "./arguments.ts";
import { mendMissing } from "./drift/mend.ts";
import { clearStaleLock } from "./locks.ts";
import { edgePort, readOutputs, renderReports } from "./outputs.ts";
import { ollamaRows, readParts, renderParts } from "./parts.ts";
import { elsewhere } from "./platform.ts";
import { judgingArguments } from "./policies.ts";
import { prepareFor } from "./prepare.ts";
import { askPulumi, runPulumi } from "./pulumi.ts";
import { closedToUs } from "./reach.ts";
import { contextOf, ensureStack } from "./stack.ts";
import { stackFile, valueAt } from "./stack-file.ts";

/** From whatever this machine is to a healthy, proved system; run again, it changes what is not as wanted. */
export async function start(wishes: Arguments, say: (line: string) => void): Promise<number> {
  const prepared = await prepareFor(wishes);
  const context = contextOf(prepared, wishes.stack);
  const engine = engineClient(prepared.dockerHost);
  const runner = dockerRunner(prepared.dockerHost);
  await ensureStack(context, wishes, engine, say);
  const config = await readFile(stackFile(wishes.stack), "utf8");
  if (valueAt(config, ["images"]) === "debian") {
    await phase("base image", () => ensureBaseImage(engine, say));
  }
  await clearStaleLock(context, runner, { stack: wishes.stack, system: "" }, say);
  const refresh = await mendMissing(context, engine, runner, say);
  const judging = await judgingArguments(prepared, wishes.stack);
  // Policies on the plan as a whole are judged at its end: without a preview that would be after the update.
  const how = judging.length === 0 ? ["--skip-preview"] : judging;
  const code = await runPulumi(context, ["up", "--yes", ...how, ...refresh, ...wishes.rest]);
  if (code !== 0) return code;
  const { url, reports, ollama } = readOutputs(await askPulumi(context, ["stack", "output", "--json"]));
  if (elsewhere(wishes.stack) !== undefined) {
    console.log(`\n${[url, ...renderReports(reports)].join("\n\n")}`);
    return 0;
  }
  const port = edgePort(url);
  const rows = await readParts(engine, runner, wishes.stack, port);
  const [edge] = await runner.list({ [label.stack]: wishes.stack, [label.part]: "edge" });
  const commands = [...trusting(edge), ...next(wishes.stack)].join("\n");
  console.log(
    `\n${[url, renderParts([...rows, ...ollamaRows(ollama)]), ...renderReports(reports), commands].join("\n\n")}`,
  );
  const host = wishes.host ?? valueAt(config, ["host"]) ?? prepared.env[askedHostVariable];
  for (const line of await closedToUs(runner, wishes.stack, host, port)) say(line);
  return 0;
}

/** An edge with a CA of its own: how a browser or curl learns it. */
function trusting(edge: Observed | undefined): readonly string[] {
  if (edge?.labels[edgeLabel.ca] !== "internal") return [];
  return [`  trust its certificate  docker cp ${edge.name}:${internalRoot} ${edge.name}.crt`];
}

function next(stack: string): readonly string[] {
  const option = stack === "local" ? "" : ` -- --stack ${stack}`;
  return [
    `  preview a change      npm run preview${option}`,
    `  stop, keep the data   npm run down${option}`,
    `  destroy the data too  npm run down -- ${stack === "local" ? "" : `--stack ${stack} `}--with-data`,
    `  plain pulumi          eval "$(npm run -s env)"; pulumi up --stack ${stack}`,
  ];
}
