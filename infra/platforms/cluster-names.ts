import type { Autoscale } from "../../components/app/pods.ts";
import type { Settings } from "../config/settings.ts";
import type { ImageRef } from "../images/resolve.ts";

/** What things of a stack are called in a cluster; pure, so that asking loads no SDK. */

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
