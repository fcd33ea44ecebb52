import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, openSync } from "node:fs";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { engineClient } from "../../../components/steps/docker-runner.ts";
import { eventually } from "./host.ts";
import { run } from "./run.ts";

/**
 * A Docker engine of a test's own, which may be restarted: its data, its containerd and its whole network are apart from the host's
 * engine. Not by `--bridge none`, which would take the host's docker0 away, but in a network namespace of its own. Linux and root only.
 */
export class PrivateEngine {
  readonly #folder: string;
  /** Keeps the network namespace while the engine is down. */
  readonly #holder: ChildProcess;
  #daemon: ChildProcess | undefined;
  #relay: ChildProcess | undefined;

  private constructor(folder: string, holder: ChildProcess) {
    this.#folder = folder;
    this.#holder = holder;
  }

  static socketIn(folder: string): string {
    return join(folder, "docker.sock");
  }

  static async start(folder: string): Promise<PrivateEngine> {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const holder = spawn("unshare", ["--net", "sh", "-c", "ip link set lo up; exec sleep 3600"], { stdio: "ignore" });
    const engine = new PrivateEngine(folder, holder);
    await eventually("the namespace is there", async () => {
      const links = await run("nsenter", [`--net=/proc/${holder.pid}/ns/net`, "ip", "-brief", "link", "show", "lo"]);
      return links.output.includes("LOOPBACK,UP") ? true : undefined;
    });
    await engine.up();
    return engine;
  }

  /** Begins a command that is in the engine's network namespace. */
  get inside(): readonly string[] {
    return ["nsenter", `--net=/proc/${this.#holder.pid}/ns/net`];
  }

  async up(): Promise<void> {
    const log = openSync(join(this.#folder, "dockerd.log"), "a");
    const places = ["data", "exec", "pid"].map((name) => join(this.#folder, name));
    const [data = "", exec = "", pid = ""] = places;
    const args = ["--data-root", data, "--exec-root", exec, "--pidfile", pid];
    // Where the host has a containerd of its own, the names in it are ours.
    const names = ["--containerd-namespace", "slipway-test", "--containerd-plugins-namespace", "slipway-test-plugins"];
    const host = ["-H", `unix://${PrivateEngine.socketIn(this.#folder)}`];
    this.#daemon = this.#inside("dockerd", [...args, ...names, ...host], log);
    await eventually("the private engine answers", () => engineClient(host[1] ?? "").ping(), 60);
  }

  /** As a package upgrade restarts it: containers end, those with a restart policy come back. */
  async restart(): Promise<void> {
    await this.#end(this.#daemon, "SIGTERM");
    await this.up();
  }

  /** Takes images over from the host's engine. */
  async load(from: string, images: readonly string[]): Promise<void> {
    const to = `unix://${PrivateEngine.socketIn(this.#folder)}`;
    const script = 'set -o pipefail; from=$1; to=$2; shift 2; docker -H "$from" save "$@" | docker -H "$to" load';
    const loaded = await run("bash", ["-c", script, "load", from, to, ...images]);
    if (loaded.code !== 0) throw new Error(loaded.output);
  }

  /** A socket in our own namespace that leads to a port in the engine's. */
  async reach(port: number): Promise<string> {
    const socket = join(this.#folder, "edge.sock");
    const relay = `const net = require("node:net");
net.createServer((from) => {
  const to = net.connect(${port}, "127.0.0.1");
  from.pipe(to).pipe(from);
  from.on("error", () => to.destroy());
  to.on("error", () => from.destroy());
}).listen(${JSON.stringify(socket)});`;
    this.#relay = this.#inside(process.execPath, ["-e", relay], "ignore");
    await eventually("the relay listens", async () => (existsSync(socket) ? true : undefined));
    return socket;
  }

  async remove(): Promise<void> {
    await this.#end(this.#relay, "SIGKILL");
    await this.#end(this.#daemon, "SIGTERM");
    await this.#end(this.#holder, "SIGKILL");
    // The engine leaves its network namespaces mounted.
    const mounts = (await readFile("/proc/mounts", "utf8")).split("\n").map((line) => line.split(" ")[1] ?? "");
    for (const path of mounts.filter((each) => each.startsWith(`${this.#folder}/`))) await run("umount", [path]);
    await rm(this.#folder, { recursive: true, force: true });
  }

  #inside(command: string, args: readonly string[], output: number | "ignore"): ChildProcess {
    const enter = [`--net=/proc/${this.#holder.pid}/ns/net`, command, ...args];
    return spawn("nsenter", enter, { stdio: ["ignore", output, output] });
  }

  async #end(child: ChildProcess | undefined, signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, "exit");
    child.kill(signal);
    await ended;
  }
}
