import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../../ops/free-port.ts";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import { goTools } from "./go-tools.ts";
import { bridgeAddress } from "./host.ts";

/** A real server of somebody else's, built from its source, at the host's address on Docker's bridge, where containers with a way out reach it. */
export class BridgeServer {
  readonly program: string;
  /** What it keeps; it stays while nobody answers. */
  readonly folder: string;
  readonly port: number;
  /** `ADDRESS:PORT` */
  readonly at: string;
  #running: ChildProcess | undefined;

  private constructor(program: string, folder: string, address: string, port: number) {
    this.program = program;
    this.folder = folder;
    this.port = port;
    this.at = `${address}:${port}`;
  }

  static async of(tool: keyof typeof goTools): Promise<BridgeServer> {
    const program = await ownGoTool(goTools[tool]);
    const folder = await mkdtemp(join(tmpdir(), `slipway-${goTools[tool].name}-`));
    return new BridgeServer(program, folder, await bridgeAddress(), await freePort());
  }

  begin(args: readonly string[], env: Readonly<Record<string, string>> = {}): void {
    this.#running = spawn(this.program, args, { env: { ...process.env, ...env }, stdio: "ignore" });
  }

  async end(signal: "SIGTERM" | "SIGKILL"): Promise<void> {
    if (this.#running === undefined) return;
    const ended = once(this.#running, "close");
    this.#running.kill(signal);
    await ended;
    this.#running = undefined;
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}
