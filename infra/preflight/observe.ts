import type Docker from "dockerode";
import { label, type Place } from "../../components/container/spec.ts";
import { edgeLabel } from "../../components/edge/share.ts";
import type { HostFacts, WantedPort } from "./judge.ts";
import type { Machine } from "./machine.ts";
import type { Holder } from "./ports.ts";

const gigabyte = 1024 ** 3;

/** Reads the facts of the host that Docker runs on. Changes nothing, so that a preview may do it too. */
export async function observeHost(
  engine: Docker,
  machine: Machine,
  place: Place,
  ports: readonly WantedPort[],
): Promise<HostFacts> {
  const [info, containers] = await Promise.all([engine.info(), engine.listContainers()]);
  return {
    cores: info.NCPU,
    // Rounded: a machine sold with 4 GB reports a little less.
    memoryGb: Math.round(info.MemTotal / gigabyte),
    diskGb: Math.floor((await machine.freeBytes(info.DockerRootDir)) / gigabyte),
    docker: info.ServerVersion,
    heldPorts: ports.flatMap((wanted) =>
      held(wanted, machine.holderOf(wanted.port, wanted.protocol), place, containers),
    ),
  };
}

/** A port that this stack's own edge holds, or its switch publishes, is no obstacle. */
function held(
  wanted: WantedPort,
  holder: Holder | undefined,
  place: Place,
  containers: readonly Docker.ContainerInfo[],
): HostFacts["heldPorts"] {
  if (holder === undefined) return [];
  // A published port is held by docker-proxy, a process of no container.
  const protocol = wanted.protocol ?? "tcp";
  const isWanted = ({ PublicPort, Type }: Docker.Port) => PublicPort === wanted.port && Type === protocol;
  const publishing = containers.find(({ Ports }) => Ports.some(isWanted));
  if (publishing?.Labels[label.stack] === place.stack) return [];
  const own = containers.filter((each) => each.Labels[label.stack] === place.stack);
  if (own.some((each) => each.Id === holder.container)) return [];
  // Who is not root sees no other user's processes: a port that is held while this stack's own edge runs is the edge's.
  const perhapsEdge = holder.hidden && protocol === "tcp";
  if (perhapsEdge && own.some((each) => each.Labels[label.part] === "edge")) return [];
  const container = publishing ?? containers.find((each) => isHolder(each, holder, perhapsEdge, wanted.port));
  const name = container?.Names[0]?.replace(/^\//, "");
  const edgeOf =
    container !== undefined && edgeLabel.port in container.Labels ? container.Labels[label.stack] : undefined;
  return [
    {
      ...wanted,
      holder: name === undefined ? holder.words : `container ${name}`,
      ...(edgeOf !== undefined && { edgeOf }),
    },
  ];
}

/** Where the process cannot be seen, an edge is known by its label: the only container that listens on the host itself. */
function isHolder({ Id, Labels }: Docker.ContainerInfo, holder: Holder, perhapsEdge: boolean, port: number): boolean {
  return perhapsEdge ? Labels[edgeLabel.port] === String(port) : Id === holder.container;
}
