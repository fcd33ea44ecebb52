import { randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { trustPath } from "../../components/certificate/spec.ts";
import type { Ended, Machines, Resolved } from "./fargate-api.ts";

export interface DockerTasks {
  readonly engine: Docker;
  /** Network on which the database has its name. */
  readonly network: string;
  /** Of this machine, by the repository that a definition names. */
  readonly images: Readonly<Record<string, string>>;
  /** Volume with the database's CA: what `prepare` fetches from AWS. */
  readonly trust: string;
}

const healthySeconds = 60;

/**
 * Stands for Fargate's machines, which are not to be had here: all containers of a task really run, on this machine's Docker, in one network of their
 * own, with the user, the read-only root, the health check and the order that the definition says. What only prepares a volume or fetches AWS' CAs
 * does not run; no role, no limits of memory.
 */
export function dockerTasks(tasks: DockerTasks): Machines {
  return async (containers) => {
    const { engine, network, images } = tasks;
    const name = `test-task-${randomBytes(4).toString("hex")}`;
    const [main, ...others] = containers.filter((each) => !each.name.endsWith("prepare"));
    if (main === undefined) throw new Error("a task has a container");
    console.log(`  a task of ${containers.map((each) => each.name).join(", ")} runs on Docker, not on Fargate`);
    const own = await engine.createContainer({
      ...{ name, Image: imageOf(images, main), Entrypoint: ["sleep", "600"], Cmd: [] },
      HostConfig: { NetworkMode: network, Init: true },
    });
    const made: [Resolved, Docker.Container][] = [];
    const begin = async (each: Resolved) => {
      const container = await engine.createContainer(definitionOf(tasks, each, `${name}-${each.name}`, own.id));
      made.push([each, container]);
      await container.start();
      return container;
    };
    try {
      await own.start();
      // What others need is defined after them.
      for (const each of [...others].reverse()) await begin(each);
      const ill = await unhealthy(main, made);
      if (ill !== undefined) return { ...(await ended(made)), why: ill };
      const { StatusCode: exitCode } = await (await begin(main)).wait();
      const all = await ended(made);
      return { containers: all.containers.map((each) => (each.name === main.name ? { ...each, exitCode } : each)) };
    } finally {
      for (const [, each] of made) await each.remove({ force: true, v: true });
      await own.remove({ force: true });
    }
  };
}

function definitionOf({ images, trust }: DockerTasks, each: Resolved, name: string, own: string) {
  const { entryPoint, command = [], env, user = "", mountPoints = [], healthCheck } = each;
  const paths = mountPoints.map(({ containerPath }) => containerPath);
  return {
    name,
    Image: imageOf(images, each),
    ...(entryPoint && { Entrypoint: [...entryPoint] }),
    ...((command.length > 0 || entryPoint) && { Cmd: [...command] }),
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    User: user,
    ...(healthCheck && {
      Healthcheck: { Test: [...healthCheck.command], Interval: 1e9, Timeout: 5e9, Retries: healthySeconds },
    }),
    HostConfig: {
      NetworkMode: `container:${own}`,
      ReadonlyRootfs: true,
      CapDrop: ["ALL"],
      Binds: paths.includes(trustPath) ? [`${trust}:${trustPath}:ro`] : [],
      Tmpfs: Object.fromEntries(paths.filter((path) => path !== trustPath).map((path) => [path, "mode=1777"])),
    },
  };
}

function imageOf(images: Readonly<Record<string, string>>, { image = "" }: Resolved): string {
  const found = images[image.split("@")[0] ?? ""];
  if (found === undefined) throw new Error(`no image of this machine stands for ${image}`);
  return found;
}

/** Waits for those that must be healthy first; why not, when one is not. */
async function unhealthy({ dependsOn = [] }: Resolved, made: readonly [Resolved, Docker.Container][]) {
  const wanted = dependsOn.filter(({ condition }) => condition === "HEALTHY").map(({ containerName }) => containerName);
  for (const [each, container] of made.filter(([own]) => wanted.includes(own.name))) {
    for (const deadline = Date.now() + healthySeconds * 1000; ; await pause(200)) {
      const { State } = await container.inspect();
      if (State.Health?.Status === "healthy") break;
      if (!State.Running || Date.now() > deadline) return `Essential container in task exited: ${each.name}`;
    }
  }
  return undefined;
}

async function ended(made: readonly [Resolved, Docker.Container][]): Promise<Ended> {
  return {
    containers: await Promise.all(
      made.map(async ([{ name }, container]) => {
        const { State } = await container.inspect();
        const lines = framed(await container.logs({ stdout: true, stderr: true })).split("\n");
        return { name, lines, ...(!State.Running && { exitCode: State.ExitCode }) };
      }),
    ),
  };
}

/** The engine's stream of both outputs: eight bytes before each piece, the last four its length. */
function framed(stream: Buffer): string {
  const pieces: Buffer[] = [];
  for (let at = 0; at + 8 <= stream.length; ) {
    const length = stream.readUInt32BE(at + 4);
    pieces.push(stream.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(pieces).toString();
}
