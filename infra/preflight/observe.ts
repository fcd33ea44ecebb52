import { statfs } from "node:fs/promises";
import type Docker from "dockerode";
import { label, type Place } from "../../components/container/spec.ts";
import type { HostFacts, WantedPort } from "./judge.ts";
import { portHolder } from "./ports.ts";

const gigabyte = 1024 ** 3;

/** Reads the facts of the host that Docker runs on. Changes nothing, so that a preview may do it too. */
export async function observeHost(engine: Docker, place: Place, ports: readonly WantedPort[]): Promise<HostFacts> {
  const [info, containers] = await Promise.all([engine.info(), engine.listContainers()]);
  return {
    cores: info.NCPU,
    // Rounded: a machine sold with 4 GB reports a little less.
    memoryGb: Math.round(info.MemTotal / gigabyte),
    diskGb: Math.floor((await freeBytes(info.DockerRootDir)) / gigabyte),
    docker: info.ServerVersion,
    heldPorts: ports.flatMap((wanted) => held(wanted, place, containers)),
  };
}

/** Docker Desktop keeps its data inside a virtual machine that we do not see: the nearest folder that exists here answers instead. */
async function freeBytes(rootDir: string): Promise<number> {
  for (const path of [rootDir, "/"]) {
    const found = await statfs(path).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
  }
  return 0;
}

/** A port that this stack's own edge holds, or its switch publishes, is no obstacle. */
function held(wanted: WantedPort, place: Place, containers: readonly Docker.ContainerInfo[]): HostFacts["heldPorts"] {
  const holder = portHolder(wanted.port);
  if (holder === undefined) return [];
  // A published port is held by docker-proxy, a process of no container.
  const publishing = containers.find(({ Ports }) => Ports.some(({ PublicPort }) => PublicPort === wanted.port));
  if (publishing?.Labels[label.stack] === place.stack) return [];
  const own = containers.filter((each) => each.Labels[label.stack] === place.stack);
  if (own.some((each) => each.Id === holder.container)) return [];
  // Who is not root sees no other user's processes: a port that is held while this stack's own edge runs is the edge's.
  if (holder.hidden && own.some((each) => each.Labels[label.part] === "edge")) return [];
  const name = (publishing ?? containers.find((each) => each.Id === holder.container))?.Names[0]?.replace(/^\//, "");
  return [{ ...wanted, holder: name === undefined ? holder.words : `container ${name}` }];
}
