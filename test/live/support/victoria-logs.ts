import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { freePort } from "../../../ops/free-port.ts";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import { goTools } from "./go-tools.ts";
import { bridgeAddress, eventually } from "./host.ts";

const line = z.record(z.string(), z.string());
/** A line as it was kept: its text is `_msg`. */
export type Kept = z.infer<typeof line>;

/**
 * VictoriaLogs (Apache-2.0), built from its source, at the host's address on Docker's bridge: a real receiver of logs by http, which speaks OTLP and
 * Elasticsearch's bulk protocol and lets nobody in without user and password.
 */
export class VictoriaLogs {
  readonly user = "writer";
  readonly token = randomBytes(16).toString("hex");
  readonly #program: string;
  readonly #folder: string;
  readonly #address: string;
  readonly #port: number;
  #server: ChildProcess | undefined;

  private constructor(program: string, folder: string, address: string, port: number) {
    this.#program = program;
    this.#folder = folder;
    this.#address = address;
    this.#port = port;
  }

  static async start(): Promise<VictoriaLogs> {
    const program = await ownGoTool(goTools.victoriaLogs);
    const folder = await mkdtemp(join(tmpdir(), "slipway-victoria-logs-"));
    const server = new VictoriaLogs(program, folder, await bridgeAddress(), await freePort());
    await server.again();
    return server;
  }

  /** Where a protocol is spoken, as containers with a way out reach it. */
  url(protocol: "opentelemetry" | "elasticsearch"): string {
    return `http://host.docker.internal:${this.#port}/insert/${protocol}`;
  }

  /** Lines that a query of LogsQL finds. */
  async query(query: string): Promise<readonly Kept[]> {
    const body = new URLSearchParams({ query });
    const reply = await this.#ask("select/logsql/query", { method: "POST", body });
    const text = await reply.text();
    if (!reply.ok) throw new Error(`${reply.status} ${text}`);
    return text
      .split("\n")
      .filter((each) => each !== "")
      .map((each) => line.parse(JSON.parse(each)));
  }

  /** The first line that a query finds, once there is one. */
  find(query: string, seconds?: number): Promise<Kept> {
    return eventually(`${query} is found`, async () => (await this.query(query))[0], seconds);
  }

  /** Nobody answers any more; what was kept stays. */
  async stop(): Promise<void> {
    if (this.#server === undefined) return;
    const ended = once(this.#server, "close");
    this.#server.kill("SIGTERM");
    await ended;
    this.#server = undefined;
  }

  async again(): Promise<void> {
    const at = `${this.#address}:${this.#port}`;
    const login = [`-httpAuth.username=${this.user}`, `-httpAuth.password=${this.token}`];
    this.#server = spawn(this.#program, [`-httpListenAddr=${at}`, `-storageDataPath=${this.#folder}`, ...login], {
      stdio: "ignore",
    });
    await eventually("the receiver answers", async () => ((await this.#ask("health")).ok ? true : undefined));
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`${this.user}:${this.token}`).toString("base64")}`;
    return fetch(`http://${this.#address}:${this.#port}/${path}`, { ...init, headers: { authorization } });
  }
}
