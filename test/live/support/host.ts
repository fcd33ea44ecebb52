import { request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { label, resourceName } from "../../../components/container/spec.ts";
import { internalRoot } from "../../../components/edge/spec.ts";
import { dockerRunner, engineClient } from "../../../components/steps/docker-runner.ts";
import type { Runner } from "../../../components/steps/runner.ts";
import type { TestStack } from "./stack.ts";

/** What must be known of a stack to look at it. */
export type Seen = Pick<TestStack, "name" | "port" | "edge"> & { readonly domain: string };

const url = process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock";
export const engine: Docker = engineClient(url);
export const runner: Runner = dockerRunner(url);

/** The host's address on Docker's default bridge, where containers with a way out reach it. (m) A daemon's first run names only the subnet. */
export async function bridgeAddress(): Promise<string> {
  const { IPAM } = await engine.getNetwork("bridge").inspect();
  const { Gateway, Subnet } = IPAM?.Config?.[0] ?? {};
  const address = Gateway ?? Subnet?.replace(/\.0\/\d+$/, ".1");
  if (address === undefined) throw new Error("Docker's default bridge has no address");
  return address;
}

export interface Reply {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** Looks at a stack from outside: containers by label, https at the edge with the edge's own CA. */
export class Outside {
  readonly #stack: Seen;

  constructor(stack: Seen) {
    this.#stack = stack;
  }

  containers(): Promise<readonly Docker.ContainerInfo[]> {
    return engine.listContainers({ all: true, filters: { label: [`${label.stack}=${this.#stack.name}`] } });
  }

  /** Names, states and ids of all containers: equal before and after means nothing was touched. */
  async fingerprint(): Promise<readonly string[]> {
    return (await this.containers()).map((each) => `${each.Names.join()} ${each.Id} ${each.State}`).sort();
  }

  /** Names of every container, volume and network of the stack, by name and by label: none is left when it was destroyed. */
  async leftovers(): Promise<readonly string[]> {
    const prefix = resourceName({ stack: this.#stack.name, system: "" }, "");
    const ours = (name: string, labels: Readonly<Record<string, string>> | null | undefined) =>
      name.startsWith(prefix) || labels?.[label.stack] === this.#stack.name;
    const containers = await engine.listContainers({ all: true });
    const { Volumes } = await engine.listVolumes();
    const networks = await engine.listNetworks();
    return [
      ...containers.map(({ Names, Labels }) => ({ Name: (Names[0] ?? "").replace(/^\//, ""), Labels })),
      ...Volumes,
      ...networks,
    ]
      .filter(({ Name, Labels }) => ours(Name, Labels))
      .map(({ Name }) => Name)
      .sort();
  }

  async workloads(): Promise<readonly Docker.ContainerInfo[]> {
    return (await this.containers()).filter((each) => each.Labels[label.role] === "workload");
  }

  async running(part: string): Promise<readonly Docker.ContainerInfo[]> {
    return (await this.containers()).filter((each) => each.Labels[label.part] === part && each.State === "running");
  }

  async inspect(part: string): Promise<Docker.ContainerInspectInfo> {
    const found = await this.running(part);
    const [only] = found;
    if (only === undefined || found.length !== 1) throw new Error(`${found.length} running containers of part ${part}`);
    return engine.getContainer(only.Id).inspect();
  }

  async exec(part: string, ...argv: readonly string[]): Promise<string> {
    const { Id } = await this.inspect(part);
    const finished = await runner.exec(Id, { argv });
    if (finished.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${finished.output}`);
    return finished.output.trim();
  }

  /** A request as a user makes it: https, by host name, certificate verified against the edge's own CA. */
  async https(
    method: string,
    path: string,
    options: {
      readonly token?: string;
      readonly body?: unknown;
      readonly domain?: string;
      readonly headers?: Readonly<Record<string, string>>;
      /** How long an answer may take. @default 10 */
      readonly seconds?: number;
    } = {},
  ): Promise<Reply> {
    // Read anew each time: a stack that was destroyed with its data comes back with another CA.
    const ca = await runner.get(resourceName({ stack: this.#stack.name, system: "" }, "edge"), internalRoot);
    if (ca === undefined) throw new Error("the edge has no CA yet");
    const body = options.body === undefined ? undefined : JSON.stringify(options.body);
    const { domain = this.#stack.domain, seconds = 10 } = options;
    return new Promise((resolve, reject) => {
      const call = request(
        {
          ...this.#stack.edge,
          servername: domain,
          method,
          path,
          ca,
          headers: {
            ...options.headers,
            host: `${domain}:${this.#stack.port}`,
            ...(options.token !== undefined && { authorization: `Bearer ${options.token}` }),
            ...(body !== undefined && {
              "content-type": "application/json",
              "content-length": Buffer.byteLength(body),
            }),
          },
          agent: false,
          timeout: seconds * 1000,
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (chunk: string) => {
            text += chunk;
          });
          response.on("end", () =>
            resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }),
          );
        },
      );
      call.on("timeout", () => call.destroy(new Error(`no answer within ${seconds} s`)));
      call.on("error", reject);
      call.end(body);
    });
  }

  /** Waits for the edge to answer 200; the switch learns of a changed address within seconds. */
  async healthy(): Promise<Reply> {
    return eventually("the edge answers 200", async () => {
      const reply = await this.https("GET", "/health");
      return reply.status === 200 ? reply : undefined;
    });
  }

  async sql(statement: string): Promise<string> {
    // The app may be writing just now.
    return this.exec("app", "sqlite3", "-cmd", ".timeout 10000", "/app/data/tmws.db", statement);
  }

  async query(promql: string): Promise<readonly { readonly value: readonly [number, string] }[]> {
    const answer = await this.exec(
      "prometheus",
      "wget",
      "-q",
      "-O",
      "-",
      `http://127.0.0.1:9090/api/v1/query?query=${encodeURIComponent(promql)}`,
    );
    return JSON.parse(answer).data.result;
  }
}

/**
 * Waits on a condition, bounded: the last failure is told.
 * @param everyMs shorter where a fast machine would be past the moment that is waited for
 */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined>,
  seconds = 120,
  everyMs = 200,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last = "";
  while (Date.now() < deadline) {
    try {
      const found = await look();
      if (found !== undefined) return found;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    await pause(everyMs);
  }
  throw new Error(`not within ${seconds} s: ${what}. ${last}`);
}
