#!/usr/bin/env node
/**
 * The entry of every npm script: `node toolchain/slipway.mjs <command> [arguments]`. Plain JavaScript without a dependency,
 * because it runs on whatever Node the machine has (18 or newer) and brings the Node that runs the rest, which is TypeScript.
 */
import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import module from "node:module";
import { homedir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** From here on Node runs TypeScript as it is. */
const OLDEST_NODE = [22, 18];
const NODE_PACKAGE_VERSION = "24.21.0";
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "slipway");

if (serves(process.versions.node)) {
  // Loads the rest in half the time, from the second run on.
  module.enableCompileCache(join(cache, "compiled"));
  const { enter } = await import("./enter.ts");
  await enter();
} else {
  await handOver(await newerNode());
}

function serves(version) {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1]);
}

/** Answers the path of a Node that serves, from the cache; npm's package `node` puts it there once. */
async function newerNode() {
  const home = join(cache, `node-${NODE_PACKAGE_VERSION}-${process.platform}-${process.arch}`);
  const binary = join("node_modules", "node", "bin", "node");
  if (existsSync(join(home, binary))) return join(home, binary);
  mkdirSync(cache, { recursive: true });
  const draft = mkdtempSync(join(cache, "draft-node-"));
  try {
    await during(
      `installing Node ${NODE_PACKAGE_VERSION} with npm (this one is ${process.versions.node})`,
      async () => {
        await succeed("npm", ["install", "--prefix", draft, "--no-fund", "--no-audit", `node@${NODE_PACKAGE_VERSION}`]);
        await succeed(join(draft, binary), ["--version"]);
      },
    );
    moveIntoPlace(draft, home);
  } catch (error) {
    const mend = "install Node 22.18 or newer yourself (nodejs.org) and run the command again";
    process.stderr.write(`slipway: ${error.message}\nslipway: ${mend}\n`);
    process.exit(1);
  } finally {
    rmSync(draft, { recursive: true, force: true });
  }
  return join(home, binary);
}

/** Two first runs at once both install; the second finds the first's and takes it. */
function moveIntoPlace(draft, home) {
  try {
    renameSync(draft, home);
  } catch (error) {
    if (!existsSync(home)) throw error;
  }
}

/** The same look as phases.ts, which this Node cannot load. */
async function during(title, work) {
  const start = Date.now();
  const { isTTY } = process.stderr;
  const elapsed = () => ((Date.now() - start) / 1000).toFixed(1);
  const clear = isTTY ? "\r\u001b[2K" : "";
  const tick = () => process.stderr.write(`${clear}${title}: ${elapsed()} s so far${isTTY ? "" : "\n"}`);
  const ticker = setInterval(tick, isTTY ? 1000 : 5_000);
  try {
    await work();
    process.stderr.write(`${clear}${title}: ${elapsed()} s\n`);
  } catch (error) {
    process.stderr.write(`${clear}${title}: failed after ${elapsed()} s\n`);
    throw error;
  } finally {
    clearInterval(ticker);
  }
}

function succeed(command, args) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (said += chunk));
    child.on("error", reject);
    child.on("close", (code) =>
      code === 0 ? resolve() : reject(new Error(`${command} ${args.join(" ")} exited with ${code}:\n${said.trim()}`)),
    );
  });
}

/** Runs this file again under that Node, and ends as it ends. */
async function handOver(node) {
  const env = { ...process.env, PATH: [dirname(node), process.env.PATH].join(delimiter) };
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], { stdio: "inherit", env });
  const onTerminal = process.stdin.isTTY || process.stdout.isTTY || process.stderr.isTTY;
  // On a terminal Ctrl-C reaches the child by itself; a second SIGINT would make Pulumi give up its clean stop.
  process.on("SIGINT", () => onTerminal || child.kill("SIGINT"));
  for (const signal of ["SIGTERM", "SIGHUP"]) process.on(signal, () => child.kill(signal));
  const [code, signal] = await new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (...how) => resolve(how));
  });
  if (signal === null) process.exit(code);
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(name);
  process.kill(process.pid, signal);
}
