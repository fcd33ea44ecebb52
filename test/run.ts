import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { z } from "zod";
import { engineClient } from "../components/steps/docker-runner.ts";
import { messageOf } from "../components/steps/failure.ts";
import { ensureBaseImage } from "../infra/images/base-image.ts";
import type { PartName } from "../infra/images/catalog.ts";
import { resolvePart } from "../infra/images/resolve.ts";
import { phase } from "../toolchain/phases.ts";
import { prepare } from "../toolchain/prepare.ts";
import { add, type Counts, closingLine, gate, type Shard, shards, shardsNamed, touchedShards } from "./shards.ts";

const checkout = join(import.meta.dirname, "..");
/** After this minute CI starts no shard: it is stopped at minute 90, and the longest shard takes 20. */
const lastStartMinute = 65;

/** What vitest's JSON report says about a run. */
const report = z.object({
  numPassedTests: z.number(),
  numFailedTests: z.number(),
  numTotalTests: z.number(),
  success: z.boolean(),
});

async function runProgram(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, [...args], { cwd: checkout, stdio: "inherit" });
  const [code] = await once(child, "close");
  return code === 0;
}

async function check(name: string, command: string, ...args: readonly string[]): Promise<Counts> {
  console.log(`\n== ${name}`);
  return (await runProgram(command, args)) ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

async function haveImages({ images = [] }: Shard): Promise<boolean> {
  try {
    const say = (line: string) => console.error(line);
    const had = (part: PartName) =>
      resolvePart(engineClient(process.env["DOCKER_HOST"] ?? ""), part, "debian", { say });
    for (const part of images) await phase(`image of ${part}`, () => had(part));
    return true;
  } catch (error) {
    console.error(messageOf(error));
    return false;
  }
}

async function runShard(shard: Shard, args: readonly string[] = []): Promise<Counts> {
  const started = performance.now();
  console.log(`\n== ${shard.name}`);
  if (!(await haveImages(shard))) return { passed: 0, failed: 1 };
  const folder = mkdtempSync(join(tmpdir(), "slipway-report-"));
  try {
    const file = join(folder, "report.json");
    const ok = await runProgram("vitest", [
      "run",
      ...shard.files,
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${file}`,
      ...args,
    ]);
    const counts = readCounts(file, ok);
    console.log(`${shard.name}: ${closingLine(counts)} in ${Math.round((performance.now() - started) / 1000)} s`);
    return counts;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A run that ended badly without a failed test, or had no test at all, counts as one failure: a suite that cannot start has not passed. */
function readCounts(file: string, ok: boolean): Counts {
  try {
    const { numPassedTests, numFailedTests, numTotalTests, success } = report.parse(
      JSON.parse(readFileSync(file, "utf8")),
    );
    const broken = (!ok || !success || numTotalTests === 0) && numFailedTests === 0 ? 1 : 0;
    return { passed: numPassedTests, failed: numFailedTests + broken };
  } catch (error) {
    console.error(`the report of the run cannot be read: ${error instanceof Error ? error.message : String(error)}`);
    return { passed: 0, failed: 1 };
  }
}

/** What live tests need, once, so that no test waits for it. */
async function prepareLive(): Promise<void> {
  const prepared = await prepare({ stack: "local" });
  await ensureBaseImage(engineClient(prepared.dockerHost), (line) => console.error(line));
  process.env["DOCKER_HOST"] = prepared.dockerHost;
}

async function runGate(): Promise<Counts> {
  let counts = await check("type check", "tsc", "--noEmit", "-p", ".");
  counts = add(counts, await check("format and lint", "biome", "check", "."));
  await prepareLive();
  for (const shard of gate) counts = add(counts, await runShard(shard));
  return counts;
}

async function runAll(all: readonly Shard[], minute: () => number): Promise<Counts> {
  let counts: Counts = { passed: 0, failed: 0 };
  const left: string[] = [];
  await prepareLive();
  for (const shard of all) {
    if (minute() >= lastStartMinute) left.push(shard.name);
    else counts = add(counts, await runShard(shard));
  }
  const untouched = shards.filter((shard) => !all.includes(shard)).map((shard) => shard.name);
  console.log(`\nnot run because the change does not touch them: ${untouched.join(", ") || "none"}`);
  console.log(`not run because minute ${lastStartMinute} was over: ${left.join(", ") || "none"}`);
  return counts;
}

/** Paths that differ from what stood before this session's commits; undefined when there is nothing to compare with. */
async function changedPaths(): Promise<readonly string[] | undefined> {
  const base = process.env["SLIPWAY_CI_BASE"] ?? (await git("rev-list", "-1", "--before=4 hours ago", "HEAD"))?.trim();
  if (base === undefined || base === "") return undefined;
  return (await git("diff", "--name-only", base))?.split("\n").filter((line) => line !== "");
}

async function git(...args: readonly string[]): Promise<string | undefined> {
  const child = spawn("git", [...args], { cwd: checkout, stdio: ["ignore", "pipe", "ignore"] });
  const [output, [code]] = await Promise.all([text(child.stdout), once(child, "close")]);
  return code === 0 ? output : undefined;
}

function named(name: string | undefined): readonly Shard[] {
  const found = name === undefined ? [] : shardsNamed(name);
  if (found.length > 0) return found;
  throw new Error(
    `no shard is called "${name ?? ""}"; there are ${[...gate, ...shards].map((shard) => shard.name).join(", ")}`,
  );
}

async function main([command, ...args]: readonly string[]): Promise<Counts> {
  const started = performance.now();
  const minute = () => (performance.now() - started) / 60_000;
  switch (command) {
    case "gate":
      return runGate();
    case "all":
      return add(await runGate(), await runAll(shards, () => 0));
    case "ci":
      return add(await runGate(), await runAll(touchedShards(await changedPaths()), minute));
    case "unit":
    case "program":
      return runShard({
        name: command,
        files: args.length === 0 ? [`test/${command}`] : args.map((name) => `test/${command}/${name}`),
        folders: [],
      });
    case "live": {
      await prepareLive();
      let counts: Counts = { passed: 0, failed: 0 };
      for (const shard of named(args[0])) counts = add(counts, await runShard(shard, args.slice(1)));
      return counts;
    }
    default:
      throw new Error(`unknown tests "${command ?? ""}"; there are gate, all, ci, unit, program, live SHARD`);
  }
}

let counts: Counts;
try {
  counts = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  counts = { passed: 0, failed: 1 };
}
console.log(`\n${closingLine(counts)}`);
process.exitCode = counts.failed === 0 ? 0 : 1;
