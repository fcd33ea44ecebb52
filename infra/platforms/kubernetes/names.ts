import type { Autoscale } from "../../../components/app/pods.ts";
import { isHttp, type Probe } from "../../../components/probe/spec.ts";
import type { Settings } from "../../config/settings.ts";
import type { ImageRef } from "../../images/resolve.ts";
import type { System, SystemDatabase } from "../../systems/system.ts";

/** What things of a stack are called in a cluster, and how many of them there may be; pure, so that asking loads no SDK. */

/** The stack's own namespace: config's, else `slipway-<stack>`. */
export function namespaceOf({ kubernetes: { namespace }, stack }: Pick<Settings, "kubernetes" | "stack">): string {
  return namespace ?? `slipway-${stack}`;
}

/** By digest from where it came; what was built has a hash of its sources in its name, here and in the registry. */
export function imageOf(
  { name, digest }: ImageRef,
  { kubernetes: { registry } }: Pick<Settings, "kubernetes">,
): string {
  return digest !== undefined || registry === undefined ? name : `${registry}/${name}`;
}

/** Undefined where config names no most: the replicas are the system's. */
export function autoscaleOf({ kubernetes: { autoscale } }: Pick<Settings, "kubernetes">): Autoscale | undefined {
  const { min, max, cpuPercent } = autoscale;
  return max === undefined ? undefined : { min, max, cpuPercent };
}

/** Where a system is found that users reach by nothing but raw TCP within its namespace; undefined for any other. */
export function privateAddressOf(
  { routes, tcp }: Pick<System, "routes" | "tcp">,
  settings: Pick<Settings, "tcp">,
): string | undefined {
  const [first] = tcp;
  if (routes.length > 0 || first === undefined || settings.tcp.public) return undefined;
  return `tcp://${first.alias}:${first.port} (within the namespace)`;
}

/**
 * The probes that are asked by the Services, where an ingress controller is not in between: what a route keeps private leads to nobody by the
 * Ingress alone, and a Service would answer it.
 */
export function askedThere({ probes, routes }: Pick<System, "probes" | "routes">): readonly Probe[] {
  const hidden = routes.flatMap(({ private: paths = [] }) => paths);
  const isHidden = (path: string) => hidden.some((each) => path === each || path.startsWith(`${each}/`));
  return probes.filter((probe) => !(isHttp(probe) && probe.via === "edge" && isHidden(probe.path)));
}

/** With the connections of as many replicas as an autoscaler may make of what answers users. */
export function scaledDatabase({
  system: { database, workloads },
  settings,
}: {
  readonly system: Pick<System, "database" | "workloads">;
  readonly settings: Pick<Settings, "kubernetes">;
}): SystemDatabase {
  if (database.kind === "sqlite") return database;
  const { max = 0 } = settings.kubernetes.autoscale;
  const answering = workloads.filter(({ duty }) => duty.kind !== "worker").map(({ replicas }) => replicas);
  const factor = Math.max(1, max / Math.max(1, ...answering));
  return { ...database, connections: Math.ceil(database.connections * factor) };
}
