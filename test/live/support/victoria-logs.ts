import { randomBytes } from "node:crypto";
import { z } from "zod";
import { BridgeServer } from "./bridge-server.ts";
import { eventually } from "./host.ts";

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
  readonly #server: BridgeServer;

  private constructor(server: BridgeServer) {
    this.#server = server;
  }

  static async start(): Promise<VictoriaLogs> {
    const server = new VictoriaLogs(await BridgeServer.of("victoriaLogs"));
    await server.again();
    return server;
  }

  /** Where a protocol is spoken, as containers with a way out reach it. */
  url(protocol: "opentelemetry" | "elasticsearch"): string {
    return `http://host.docker.internal:${this.#server.port}/insert/${protocol}`;
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
  stop(): Promise<void> {
    return this.#server.end("SIGTERM");
  }

  async again(): Promise<void> {
    const { at, folder } = this.#server;
    const login = [`-httpAuth.username=${this.user}`, `-httpAuth.password=${this.token}`];
    this.#server.begin([`-httpListenAddr=${at}`, `-storageDataPath=${folder}`, ...login]);
    await eventually("the receiver answers", async () => ((await this.#ask("health")).ok ? true : undefined));
  }

  async remove(): Promise<void> {
    await this.stop();
    await this.#server.remove();
  }

  #ask(path: string, init: RequestInit = {}): Promise<Response> {
    const authorization = `Basic ${Buffer.from(`${this.user}:${this.token}`).toString("base64")}`;
    return fetch(`http://${this.#server.at}/${path}`, { ...init, headers: { authorization } });
  }
}
