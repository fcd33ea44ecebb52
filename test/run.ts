import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { engineClient } from "../components/steps/docker-runner.ts";
import { messageOf } from "../components/steps/failure.ts";
import { ensureBaseImage } from "../infra/images/base-image.ts";
import type { PartName } from "../infra/images/catalog.ts";
import { resolvePart } from "../infra/images/resolve.ts";
import { ownGoTool } from "../toolchain/go-tool.ts";
import { phase } from "../toolchain/phases.ts";
import { prepare } from "../toolchain/prepare.ts";
import { goTools } from "./live/support/go-tools.ts";
import { add, closing, closingLine, type Outcome, readOutcome, single } from "./report.ts";
import { endsInTime, gate, lastMinute, type Shard, shards, shardsNamed, touchedShards } from "./shards.ts";

const checkout = join(import.meta.dirname, "..");
const nothing: Outcome = { passed: 0, failed: 0, failures: [] };

async function runProgram(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, [...args], { cwd: checkout, stdio: "inherit" });
  const [code] = await once(child, "close");
  return code === 0;
}

async function check(name: string, command: string, ...args: readonly string[]): Promise<Outcome> {
  console.log(`\n== ${name}`);
  return single(name, await runProgram(command, args));
}

/** What takes longer to be had than a test may wait for it. */
async function prepareShard({ images = [], tools = [] }: Shard): Promise<void> {
  const say = (line: string) => console.error(line);
  const had = (part: PartName) => resolvePart(engineClient(process.env["DOCKER_HOST"] ?? ""), part, "debian", { say });
  for (const part of images) await phase(`image of ${part}`, () => had(part));
  for (const tool of tools) await ownGoTool(goTools[tool]);
}

async function runShard(shard: Shard, args: readonly string[] = []): Promise<Outcome> {
  const started = performance.now();
  console.log(`\n== ${shard.name}`);
  try {
    await prepareShard(shard);
  } catch (error) {
    console.error(messageOf(error));
    return single(`${shard.name}: its images and tools`, false, messageOf(error));
  }
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
    const outcome = readOutcome(file, ok, checkout);
    console.log(`${shard.name}: ${closingLine(outcome)} in ${Math.round((performance.now() - started) / 1000)} s`);
    return outcome;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** What live tests need, once, so that no test waits for it. */
async function prepareLive(): Promise<void> {
  const prepared = await prepare({ stack: "local" });
  await ensureBaseImage(engineClient(prepared.dockerHost), (line) => console.error(line));
  process.env["DOCKER_HOST"] = prepared.dockerHost;
}

async function runGate(): Promise<Outcome> {
  let outcome = await check("type check", "tsc", "--noEmit", "-p", ".");
  outcome = add(outcome, await check("format and lint", "biome", "check", "."));
  await prepareLive();
  for (const shard of gate) outcome = add(outcome, await runShard(shard));
  return outcome;
}

async function runAll(all: readonly Shard[], minute: () => number): Promise<Outcome> {
  let outcome = nothing;
  const left: string[] = [];
  await prepareLive();
  for (const shard of all) {
    if (!endsInTime(shard, minute())) left.push(shard.name);
    else outcome = add(outcome, await runShard(shard));
  }
  const untouched = shards.filter((shard) => !all.includes(shard)).map((shard) => shard.name);
  console.log(`\nnot run because the change does not touch them: ${untouched.join(", ") || "none"}`);
  console.log(`not run because they might not have ended by minute ${lastMinute}: ${left.join(", ") || "none"}`);
  return outcome;
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

async function main([command, ...args]: readonly string[]): Promise<Outcome> {
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
      let outcome = nothing;
      for (const shard of named(args[0])) outcome = add(outcome, await runShard(shard, args.slice(1)));
      return outcome;
    }
    default:
      throw new Error(`unknown tests "${command ?? ""}"; there are gate, all, ci, unit, program, live SHARD`);
  }
}

let outcome: Outcome;
try {
  outcome = await main(process.argv.slice(2));
} catch (error) {
  outcome = single("the run", false, messageOf(error));
}
console.log(closing(outcome));
process.exitCode = outcome.failed === 0 ? 0 : 1;
