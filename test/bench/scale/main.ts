/**
 * `npm run bench:scale`: what more systems in one program cost, beside a flat program of the same resources. `-- --json`: one line; `-- --runs 1`:
 * fewer; `-- --nodes`: what a cluster of 50 nodes takes for 500 pods instead.
 */
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";
import { say } from "../../../toolchain/phases.ts";
import { register } from "../../doubles/mock-engine.ts";
import { rounded } from "../statistics.ts";
import { EngineProject } from "./engine.ts";
import { placeOne, type Wish } from "./program.ts";
import { type Ground, jsonLine, type Run, sizes, table } from "./spec.ts";

const options = { json: { type: "boolean" }, runs: { type: "string" }, nodes: { type: "boolean" } } as const;

async function main(argv: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...argv], options });
  const rounds = Number(values.runs ?? 3);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error("allowed is --runs from 1");
  if (values.nodes === true) return console.log(await onNodes(values.json === true));
  const folder = await mkdtemp(join(tmpdir(), "slipway-bench-scale-"));
  try {
    const written = join(folder, "written.json");
    await writeFile(written, JSON.stringify(await register(placeOne)));
    const runs = await measured(written, await EngineProject.make(folder), rounds);
    console.log(values.json === true ? jsonLine(runs) : table(runs));
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** Loaded for this alone: the Kubernetes SDK is large. */
async function onNodes(json: boolean): Promise<string> {
  const placed = await (await import("./nodes.ts")).placedOnNodes();
  const { nodes, pods, seconds, calls } = { ...placed, seconds: rounded(placed.seconds) };
  if (json) return JSON.stringify({ nodes, pods, seconds, apiCalls: calls.all, apiWrites: calls.writes });
  return `${pods} pods on ${nodes} nodes: all ready after ${seconds} s, ${calls.all} calls of the API, ${calls.writes} of them writes`;
}

/** Ours and the flat one in turn, so that a slow minute of the machine is in both. */
async function measured(written: string, engine: EngineProject, rounds: number): Promise<readonly Run[]> {
  const runs: Run[] = [];
  const wishes = (ground: Ground) =>
    sizes[ground].flatMap((systems) => (["ours", "flat"] as const).map((kind) => ({ kind, systems, written })));
  // Not counted: it fills the file cache and Node's compile cache.
  await engine.preview({ kind: "ours", systems: 1, written });
  for (let round = 1; round <= rounds; round += 1) {
    for (const wish of wishes("mocks")) runs.push(told("mocks", wish, await onMocks(wish)));
    for (const wish of wishes("engine")) runs.push(told("engine", wish, await engine.preview(wish)));
  }
  return runs;
}

type Found = Pick<Run, "resources" | "seconds" | "megabytes">;

async function onMocks(wish: Wish): Promise<Found> {
  const began = performance.now();
  const child = [join(import.meta.dirname, "on-mocks.ts"), JSON.stringify(wish)];
  const { stdout } = await promisify(execFile)(process.execPath, child);
  const seconds = (performance.now() - began) / 1000;
  const { resources, megabytes } = JSON.parse(stdout) as Found;
  return { resources, megabytes, seconds };
}

function told(ground: Ground, { kind, systems }: Wish, { resources, seconds, megabytes }: Found): Run {
  say(`${ground}, ${systems} systems, ${kind}: ${resources} resources, ${seconds.toFixed(2)} s, ${megabytes} MB`);
  return { ground, kind, systems, resources, seconds, megabytes };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(`bench:scale: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
