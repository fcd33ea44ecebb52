/** `npm run bench:watch`: what watching a stack costs: rounds with Prometheus and without it in turn, under one load. `-- --json`: one line. */

import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import type Docker from "dockerode";
import { label } from "../../../components/container/spec.ts";
import { usageOf } from "../../../ops/status/parts.ts";
import { BenchStack } from "../stack.ts";
import { type Counted, costLines, costOf, type Round } from "./spec.ts";

const options = { json: { type: "boolean" }, rounds: { type: "string" }, seconds: { type: "string" } } as const;
/** Parts that are there to watch; those that a stack has. */
const watchers = [
  "prometheus",
  "alertmanager",
  "node-exporter",
  "redis-exporter",
  "postgres-exporter",
  "blackbox-exporter",
  "container-exporter",
];
const requestsPerSecond = 20;

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options });
  const [rounds, seconds] = [Number(values.rounds ?? 6), Number(values.seconds ?? 30)];
  if (!(rounds >= 2 && seconds >= 5)) throw new Error("allowed are --rounds from 2 and --seconds from 5");
  const stopping = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => stopping.abort());
  const stack = await BenchStack.make(stopping.signal);
  try {
    await stack.coldUp();
    const found = await measured(stack, rounds, seconds, stopping.signal);
    const cost = costOf(found, watchers);
    console.log(values.json === true ? JSON.stringify(cost) : costLines(cost));
  } finally {
    await stack.remove();
  }
}

async function measured(
  stack: BenchStack,
  rounds: number,
  seconds: number,
  stop: AbortSignal,
): Promise<readonly Round[]> {
  const app = await workloadOf(stack);
  const found: Round[] = [];
  for (let place = 0; place < rounds; place += 1) {
    const watched = place % 2 === 0;
    await switchWatchers(stack, watched);
    await loaded(app, 5, stop);
    const [began, begin] = [performance.now(), await count(stack)];
    await loaded(app, seconds, stop);
    const end = await count(stack);
    found.push({ watched, seconds: (performance.now() - began) / 1000, begin, end });
    stop.throwIfAborted();
  }
  return found;
}

/** The address of the workload on the stack's network, which the host reaches. */
async function workloadOf({ engine, name }: BenchStack): Promise<string> {
  const [found] = await engine.listContainers({
    filters: { label: [`${label.stack}=${name}`, `${label.role}=workload`] },
  });
  const address = Object.values(found?.NetworkSettings.Networks ?? {}).find(({ IPAddress }) => IPAddress)?.IPAddress;
  if (address === undefined) throw new Error(`stack ${name} has no workload that runs`);
  return `http://${address}:8000/health`;
}

async function loaded(url: string, seconds: number, signal: AbortSignal): Promise<void> {
  const began = Date.now();
  for (let turn = 0; turn < seconds * requestsPerSecond && !signal.aborted; turn += 1) {
    const { status } = await fetch(url, { signal });
    if (status !== 200) throw new Error(`${url} answered ${status}`);
    await pause(Math.max(0, began + ((turn + 1) * 1000) / requestsPerSecond - Date.now()));
  }
}

async function containersOf({ engine, name }: BenchStack, all: boolean): Promise<readonly Docker.ContainerInfo[]> {
  return engine.listContainers({ all, filters: { label: [`${label.stack}=${name}`] } });
}

async function switchWatchers(stack: BenchStack, on: boolean): Promise<void> {
  for (const { Id, Labels, State } of await containersOf(stack, true)) {
    if (!watchers.includes(Labels[label.part] ?? "") || (State === "running") === on) continue;
    const container = stack.engine.getContainer(Id);
    await (on ? container.start() : container.stop());
  }
}

async function count(stack: BenchStack): Promise<readonly Counted[]> {
  return Promise.all(
    (await containersOf(stack, false)).map(async ({ Id, Labels }) => {
      const stats = await stack.engine.getContainer(Id).stats({ stream: false, "one-shot": true });
      const networks = Object.values<{ rx_bytes: number }>(stats.networks ?? {});
      return {
        part: Labels[label.part] ?? "",
        cpuSeconds: stats.cpu_stats.cpu_usage.total_usage / 1e9,
        memoryBytes: usageOf(stats).memoryBytes ?? 0,
        networkBytes: networks.reduce((sum, { rx_bytes }) => sum + rx_bytes, 0),
      };
    }),
  );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:watch: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
