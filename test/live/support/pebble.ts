import { type ChildProcess, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { connect, createServer, type Server, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { issueAuthority, issueCertificate } from "../../../components/certificate/issue.ts";
import { authorityStatement, certificateStatement } from "../../../components/certificate/spec.ts";
import { freePort } from "../../../ops/free-port.ts";
import { ownGoTool } from "../../../toolchain/go-tool.ts";
import { goTools } from "./go-tools.ts";
import { eventually } from "./host.ts";

/** The edge that is to be certified: pebble comes to these ports of the loopback for every name. */
export interface Challenged {
  readonly httpPort: number;
  readonly httpsPort: number;
  /** How long a certificate lives. */
  readonly seconds: number;
}

/** Let's Encrypt's own ACME test server, built from its source, with its own DNS server that knows every name as this machine. */
export class Pebble {
  /** PEM: who signed its https address, and who signs certificates. */
  readonly roots: string;
  readonly #folder: string;
  readonly #door: Door;
  readonly #processes: readonly ChildProcess[];
  readonly #lines: readonly string[];

  private constructor(folder: string, roots: string, door: Door, processes: readonly ChildProcess[], lines: string[]) {
    this.#folder = folder;
    this.roots = roots;
    this.#door = door;
    this.#processes = processes;
    this.#lines = lines;
  }

  static async start(edge: Challenged): Promise<Pebble> {
    const pebble = await ownGoTool(goTools.pebble);
    const names = await ownGoTool(goTools.pebbleNames);
    const folder = await mkdtemp(join(tmpdir(), "slipway-pebble-"));
    const [acme, management, dns] = [await freePort(), await freePort(), await freePort()];
    const now = new Date();
    const authority = await issueAuthority(authorityStatement("pebble's address", now, randomBytes(16)));
    const own = await issueCertificate(certificateStatement(["127.0.0.1"], 1, now, randomBytes(16)), authority);
    await writeFile(join(folder, "cert.pem"), own.certificate);
    await writeFile(join(folder, "key.pem"), own.key, { mode: 0o600 });
    await writeFile(join(folder, "config.json"), JSON.stringify(config(edge, acme, management, folder)));
    const lines: string[] = [];
    const answers = ["-dns01", `127.0.0.1:${dns}`, "-management", `127.0.0.1:${await freePort()}`, "-defaultIPv6", ""];
    const silent = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-doh", ""];
    const processes = [
      begun(names, [...answers, ...silent], lines),
      begun(pebble, ["-config", join(folder, "config.json"), "-dnsserver", `127.0.0.1:${dns}`], lines),
    ];
    const signs = await eventually("pebble answers", () => textOf(management, "/roots/0", authority.certificate));
    return new Pebble(folder, authority.certificate + signs, await Door.open(acme), processes, lines);
  }

  get directory(): string {
    return `https://127.0.0.1:${this.#door.port}/dir`;
  }

  /** Orders that it got until now. */
  get orders(): number {
    return this.#lines.filter((line) => line.includes("Added order")).length;
  }

  /** From now on nobody reaches it; what it knows it keeps. */
  cut(): void {
    this.#door.shut();
  }

  mend(): void {
    this.#door.unlock();
  }

  async stop(): Promise<void> {
    await this.#door.close();
    for (const process of this.#processes) {
      const ended = once(process, "exit");
      if (process.kill("SIGTERM")) await ended;
    }
    await rm(this.#folder, { recursive: true, force: true });
  }
}

function config({ httpPort, httpsPort, seconds }: Challenged, acme: number, management: number, folder: string) {
  return {
    pebble: {
      listenAddress: `127.0.0.1:${acme}`,
      managementListenAddress: `127.0.0.1:${management}`,
      certificate: join(folder, "cert.pem"),
      privateKey: join(folder, "key.pem"),
      httpPort,
      tlsPort: httpsPort,
      profiles: { default: { description: "short", validityPeriod: seconds } },
    },
  };
}

/** Its own pauses before a challenge, of up to 15 s, are off: they stand for the internet's. */
function begun(program: string, args: readonly string[], lines: string[]): ChildProcess {
  const child = spawn(program, args, {
    env: { ...process.env, PEBBLE_VA_NOSLEEP: "1" },
    stdio: ["ignore", "pipe", "pipe"],
  });
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => lines.push(...text.split("\n")));
  return child;
}

function textOf(port: number, path: string, ca: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, path, ca }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        body += text;
      });
      response.on("error", reject).on("end", () => resolve(body));
    });
    call.on("error", reject).end();
  });
}

/** What stands before pebble, so that it can be out of reach without forgetting its accounts. */
class Door {
  readonly port: number;
  readonly #server: Server;
  readonly #open = new Set<Socket>();
  #shut = false;

  private constructor(server: Server, port: number, to: number) {
    this.#server = server;
    this.port = port;
    server.on("connection", (client) => {
      if (this.#shut) {
        client.destroy();
        return;
      }
      const other = connect(to, "127.0.0.1");
      for (const [one, two] of [
        [client, other],
        [other, client],
      ] as const) {
        this.#open.add(one);
        one.on("error", () => two.destroy()).on("close", () => this.#open.delete(one));
        one.pipe(two);
      }
    });
  }

  static async open(to: number): Promise<Door> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the door has no port");
    return new Door(server, address.port, to);
  }

  shut(): void {
    this.#shut = true;
    for (const socket of this.#open) socket.destroy();
  }

  unlock(): void {
    this.#shut = false;
  }

  async close(): Promise<void> {
    this.shut();
    const closed = once(this.#server, "close");
    this.#server.close();
    await closed;
  }
}
