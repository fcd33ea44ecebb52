import { leadsOut } from "../../components/app/spec.ts";
import type { DockerHost } from "../../components/container/docker.ts";
import { innerNetwork, resourceName } from "../../components/container/spec.ts";
import { edgeDataVolume } from "../../components/edge/spec.ts";
import { signerOf, trustFile } from "../../components/edge/trust.ts";
import { isHttp } from "../../components/probe/spec.ts";
import type { Route } from "../../components/smoke-test/spec.ts";
import { publicOf } from "../../components/switch/public.ts";
import type { Route as SwitchRoute } from "../../components/switch/spec.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "../systems/system.ts";

/** The system's routes with what the switch asks of the workload behind each; the readiness of a replica is that of all its ports. */
export function gatedRoutes({ routes, workloads }: Pick<System, "routes" | "workloads">): readonly SwitchRoute[] {
  return routes.map((route) => {
    const duty = workloads.find(({ name }) => name === route.alias)?.duty;
    if (duty?.kind !== "web" || duty.readyPath === undefined) return route;
    return { ...route, ready: { path: duty.readyPath, port: duty.port } };
  });
}

/** Where stores are, and what needs them. */
export function networkName({ place }: DockerHost): string {
  return innerNetwork(place, "private");
}

/** How probes reach a system on a Docker host: the first workload that users reach. */
export function networkRoute({ place }: DockerHost, { routes, tcp }: System): Route {
  const [first] = [...routes, ...tcp];
  return {
    target: { base: `http://${first?.alias}:${first?.port}`, options: [] },
    from: innerNetwork(place, "front"),
    mounts: [],
  };
}

/** By the name users use, on the host itself: the edge's address is the host's. */
export function edgeRoute({ place }: DockerHost, { edge }: Settings): Route {
  const { tls } = edge;
  const ca = trustFile(tls.mode === "shared" ? tls.ca : signerOf(tls), edge.domain);
  const trust = ca === undefined ? [] : [`cacert = "${ca}"`];
  const owner = tls.mode === "shared" ? { ...place, stack: tls.stack } : place;
  return {
    target: {
      base: `https://${edge.domain}:${edge.httpsPort}`,
      options: [`resolve = "${edge.domain}:${edge.httpsPort}:127.0.0.1"`, ...trust],
    },
    from: "host",
    mounts: [{ volume: resourceName(owner, edgeDataVolume), path: "/data", readOnly: true }],
  };
}

/** What the stack's output says: where users find the system; in words where only its own private network leads to it. */
export function addressOf({ routes, tcp }: System, { edge, tcp: published }: Settings): string {
  if (routes.length > 0) return `https://${edge.domain}${edge.httpsPort === 443 ? "" : `:${edge.httpsPort}`}`;
  const [open] = publicOf(published, tcp)?.listeners ?? [];
  if (open !== undefined) return `tls://${edge.domain}:${open.port}`;
  const [first] = tcp;
  return first === undefined
    ? "no address (its workloads answer nobody)"
    : `tcp://switch:${first.listen} (private network)`;
}

/** Only the secrets that a probe sends. */
export function tokensOf(system: System, values: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(system.probes.filter(isHttp).flatMap((probe) => probe.bearer ?? []));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}

/** Whether something needs a network with a way out: a workload, or Ollama, whose models come from there or which is on the host itself. */
export function needsEgress({ workloads, ollama }: Pick<System, "workloads" | "ollama">): boolean {
  return workloads.some(leadsOut) || (ollama !== undefined && ollama.mode !== "off");
}
