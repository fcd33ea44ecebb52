import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import Docker from "dockerode";
import { hostForms } from "../../toolchain/ssh/address.ts";
import { localEnd } from "../../toolchain/ssh/folder.ts";
import { keptOf, megabyte, toEngine } from "../container/engine-api.ts";
import type { ContainerSpec, Limits, NetworkPlace, Restart } from "../container/spec.ts";
import { packTar, readFirstFile } from "./archive.ts";
import { feed } from "./feed.ts";
import {
  type Command,
  type Detail,
  type FileEntry,
  type Finished,
  NameTaken,
  type Observed,
  type Runner,
} from "./runner.ts";

/**
 * A client for an engine's URL: `unix:///var/run/docker.sock`, `tcp://host:port`, `http://host:port`, or `ssh://user@host` of a connection that
 * stands (`ensureTunnel`).
 */
export function engineClient(url: string): Docker {
  const end = localEnd(url);
  if (end.startsWith("unix://")) return new Docker({ socketPath: end.slice("unix://".length) });
  if (!/^(tcp|http):\/\//.test(end)) throw new Error(`DOCKER_HOST ${url}: allowed are ${hostForms}, tcp://host:port`);
  const address = new URL(end.replace(/^tcp:/, "http:"));
  return new Docker({ protocol: "http", host: address.hostname, port: Number(address.port || 2375) });
}

/** A runner of one Docker engine. @param url as `engineClient` takes it @throws Error naming the forms that are allowed */
export function dockerRunner(url: string): Runner {
  return new DockerRunner(engineClient(url));
}

class DockerRunner implements Runner {
  readonly #engine: Docker;

  constructor(engine: Docker) {
    this.#engine = engine;
  }

  async list(labels: Readonly<Record<string, string>>): Promise<readonly Observed[]> {
    const label = Object.entries(labels).map(([name, value]) => `${name}=${value}`);
    const found = await this.#engine.listContainers({ all: true, filters: { label } });
    return found.map((each) => ({
      id: each.Id,
      name: (each.Names[0] ?? "").replace(/^\//, ""),
      labels: each.Labels,
      state: stateOf(each.State),
      image: each.ImageID,
    }));
  }

  async create(spec: ContainerSpec): Promise<string> {
    try {
      const container = await this.#engine.createContainer(toEngine(spec));
      const further = spec.network === "host" ? [] : spec.network.slice(1);
      for (const place of further) {
        await this.connect(container.id, place);
      }
      return container.id;
    } catch (error) {
      if (statusOf(error) === 409) throw new NameTaken(`the container name ${spec.name} is in use`, { cause: error });
      throw error;
    }
  }

  async start(id: string): Promise<void> {
    await this.#engine.getContainer(id).start().catch(tolerate(304));
  }

  async stop(id: string, graceSeconds: number): Promise<void> {
    await this.#engine.getContainer(id).stop({ t: graceSeconds }).catch(tolerate(304, 404));
  }

  async remove(id: string): Promise<void> {
    // 409: another remove of the same container is under way.
    await this.#engine.getContainer(id).remove({ force: true, v: true }).catch(tolerate(404, 409));
  }

  async setRestart(id: string, restart: Restart): Promise<void> {
    await this.#engine
      .getContainer(id)
      .update({ RestartPolicy: { Name: restart } })
      .catch(tolerate(404));
  }

  async setLimits(id: string, limits: Limits): Promise<void> {
    const memory = limits.memoryMb * megabyte;
    await this.#engine.getContainer(id).update({
      NanoCpus: Math.round(limits.cpus * 1e9),
      PidsLimit: limits.pids,
      Memory: memory,
      MemorySwap: memory,
    });
  }

  async connect(id: string, { name, aliases }: NetworkPlace): Promise<void> {
    await this.#engine.getNetwork(name).connect({ Container: id, EndpointConfig: { Aliases: [...aliases] } });
  }

  async disconnect(id: string, network: string): Promise<void> {
    await this.#engine.getNetwork(network).disconnect({ Container: id, Force: true }).catch(tolerate(404));
  }

  async exec(id: string, command: Command): Promise<Finished> {
    const exec = await this.#engine.getContainer(id).exec({
      Cmd: [...command.argv],
      Env: Object.entries(command.env ?? {}).map(([name, value]) => `${name}=${value}`),
      AttachStdout: true,
      AttachStderr: true,
      ...(command.input && { AttachStdin: true }),
      ...(command.workingDir && { WorkingDir: command.workingDir }),
    });
    const stream = await exec.start({ Tty: false, ...(command.input && { hijack: true, stdin: true }) });
    if (command.input) feed(command.input(), stream);
    const output = await collect(this.#engine, stream, command.heard);
    const { ExitCode } = await exec.inspect();
    return { exitCode: ExitCode ?? -1, output };
  }

  async logs(id: string, lines: number): Promise<string> {
    const raw = await this.#engine.getContainer(id).logs({ stdout: true, stderr: true, tail: lines, follow: false });
    return demultiplex(raw);
  }

  async put(id: string, directory: string, files: readonly FileEntry[]): Promise<void> {
    await this.#engine.getContainer(id).putArchive(await packTar(files), { path: directory });
  }

  async get(id: string, path: string): Promise<string | undefined> {
    try {
      return await readFirstFile(await this.#engine.getContainer(id).getArchive({ path }));
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }

  async inspect(id: string): Promise<Detail | undefined> {
    try {
      const found = await this.#engine.getContainer(id).inspect();
      const { State, Config, RestartCount } = found;
      return {
        ...keptOf(found),
        env: Config.Env,
        restarts: RestartCount,
        startedAt: State.StartedAt,
        exitCode: State.ExitCode,
      };
    } catch (error) {
      if (statusOf(error) === 404) return undefined;
      throw error;
    }
  }
}

function stateOf(state: string): Observed["state"] {
  if (state === "running" || state === "paused" || state === "restarting") return "running";
  return state === "created" ? "created" : "stopped";
}

/** The HTTP status of an engine error, undefined when it is none (no connection, for one). */
export function statusOf(error: unknown): number | undefined {
  return error instanceof Error && "statusCode" in error && typeof error.statusCode === "number"
    ? error.statusCode
    : undefined;
}

function tolerate(...codes: readonly number[]): (error: unknown) => void {
  return (error) => {
    const code = statusOf(error);
    if (code === undefined || !codes.includes(code)) throw error;
  };
}

async function collect(
  engine: Docker,
  stream: NodeJS.ReadableStream,
  heard: Command["heard"] = () => undefined,
): Promise<string> {
  const sink = new PassThrough();
  sink.on("data", (piece: Buffer) => heard(piece.toString("utf8")));
  engine.modem.demuxStream(stream, sink, sink);
  stream.on("end", () => sink.end());
  stream.on("close", () => sink.end());
  stream.on("error", (error) => sink.destroy(error));
  return text(sink);
}

/** The engine's log frames: a header of eight bytes (stream, length), then the payload. */
function demultiplex(raw: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= raw.length; ) {
    const length = raw.readUInt32BE(at + 4);
    parts.push(raw.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString("utf8");
}
