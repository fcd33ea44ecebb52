import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { succeed, which } from "./command.ts";
import { type DockerHost, dockerHost, ping } from "./docker-host.ts";
import { type DockerFacts, dockerPackages, nextDockerStep } from "./docker-plan.ts";
import { phase, say } from "./phases.ts";
import { NotYet, until } from "./poll.ts";
import { isSsh } from "./ssh/address.ts";
import { ensureTunnel } from "./ssh/tunnel.ts";
import { stateRoot } from "./state.ts";

/** How long a started engine may take until it answers. */
const startSeconds = 60;

export interface ReadyDocker {
  /** The engine's host as it was said; for ssh another text than its address. */
  readonly host: DockerHost;
  /** Where a client connects to, e.g. `unix:///var/run/docker.sock`. */
  readonly address: string;
}

/**
 * A Docker engine that answers: the one that the stack's config names, else the one that the docker command would use; on a Debian machine
 * without any, as root, it is installed and started. One by ssh is connected to.
 * @param configured `slipway:host` of the stack
 * @throws Error with the command that mends it
 */
export async function ensureDocker(configured?: string): Promise<ReadyDocker> {
  const host = await dockerHost(process.env, configured);
  if (isSsh(host.url)) return { host, address: await ensureTunnel(host.url) };
  for (const tried = new Set<string>(); ; ) {
    const step = nextDockerStep(await observe(host));
    if (step.kind === "fail") throw new Error(step.error);
    if (step.kind === "use") return { host, address: step.url };
    if (tried.has(step.kind))
      throw new Error(
        `the Docker engine still does not answer after: ${step.said}\nSee \`docker info\` and ${logFile()}`,
      );
    tried.add(step.kind);
    say(step.said);
    if (step.kind === "install") await install();
    else await start(step.with, host);
  }
}

async function observe(host: DockerHost): Promise<DockerFacts> {
  const answer = await ping(host);
  const path = [process.env["PATH"] ?? "", "/usr/sbin", "/sbin"].join(delimiter);
  const [dockerd, apt, init] = await Promise.all([
    which("dockerd", path),
    which("apt-get", path),
    readFile("/proc/1/comm", "utf8").catch(() => ""),
  ]);
  return {
    host,
    answer,
    dockerd,
    root: process.getuid?.() === 0,
    apt: apt !== undefined,
    systemd: init.trim() === "systemd",
  };
}

async function install(): Promise<void> {
  const env = { DEBIAN_FRONTEND: "noninteractive", LC_ALL: "C" };
  const patience = ["-o", "DPkg::Lock::Timeout=120"];
  await phase("installing Docker with apt-get", async (progress) => {
    const onLine = (line: string) => progress(line.slice(0, 60));
    await succeed("apt-get", [...patience, "update"], { env, onLine });
    await succeed("apt-get", [...patience, "install", "-y", "--no-install-recommends", ...dockerPackages], {
      env,
      onLine,
    });
  });
}

async function start(way: "systemd" | "dockerd", host: DockerHost): Promise<void> {
  await phase("starting the Docker engine", async () => {
    if (way === "systemd") await succeed("systemctl", ["start", "docker"]);
    else await startDetached();
    const look = async () => (await ping(host)) === "answers" || new NotYet(undefined);
    // Who started it looks again, and says what to do.
    await until(look, { seconds: startSeconds, everyMs: 200, late: () => false });
  });
}

/** In a session of its own: it outlives this command and the terminal. */
async function startDetached(): Promise<void> {
  await mkdir(stateRoot(), { recursive: true, mode: 0o700 });
  const log = openSync(logFile(), "a", 0o600);
  const path = [process.env["PATH"] ?? "", "/usr/sbin", "/sbin"].join(delimiter);
  spawn("dockerd", [], { detached: true, stdio: ["ignore", log, log], env: { ...process.env, PATH: path } })
    .on("error", (error) => say(`dockerd did not start: ${error.message}`))
    .unref();
}

function logFile(): string {
  return join(stateRoot(), "dockerd.log");
}
