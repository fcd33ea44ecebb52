import { healthProbes, type Probes, sharesLabel, startup } from "../container/kubernetes.ts";
import { label } from "../container/spec.ts";
import { failuresThatEnd } from "./liveness.ts";
import type { HealthTimes, Workload } from "./spec.ts";

/** How a workload is released and asked in a cluster; pure. */

/** Time in which the endpoints forget a pod that is told to end: what comes meanwhile is still answered. */
export const drainSeconds = 5;

/** How soon a replica that is not ready gets no request any more, as on a Docker host, where the switch asks. */
const readinessPeriodSeconds = 5;

export interface ReleaseMode {
  readonly mode: "stop-first" | "overlap";
}

/** @throws Error for a second writer */
export function strategyOf({ name, replicas, duty }: Workload, { mode }: ReleaseMode) {
  const single = duty.kind === "worker" && duty.single;
  if (mode === "stop-first" && replicas > 1)
    throw new Error(`workload ${name}: ${replicas} replicas; SQLite has one writer at a time (guide 001, "Scaling")`);
  if (mode === "stop-first" || single) return { type: "Recreate" };
  return { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: 1 } };
}

/**
 * Readiness asks what the switch asks on a Docker host. Liveness only where the system says how the process shows life: there Docker's own check
 * ends it, here the kubelet does.
 */
export function workloadProbes({ duty }: Workload, times: HealthTimes, stopGraceSeconds: number): Probes {
  if (duty.kind === "worker") return {};
  const { timeoutSeconds, intervalSeconds, retries } = times;
  const liveness = duty.liveness && {
    livenessProbe: {
      exec: { command: [...duty.liveness] },
      timeoutSeconds,
      periodSeconds: intervalSeconds,
      failureThreshold: failuresThatEnd({ times, stopGraceSeconds }),
    },
  };
  if (duty.kind === "tcp") return { ...healthProbes({ test: ["CMD", ...duty.healthCommand], ...times }), ...liveness };
  const ask = (path: string) => ({ httpGet: { path, port: duty.port }, timeoutSeconds });
  return {
    startupProbe: startup(ask(duty.healthPath), times),
    readinessProbe: {
      ...ask(duty.readyPath ?? duty.healthPath),
      periodSeconds: readinessPeriodSeconds,
      failureThreshold: retries,
    },
    ...liveness,
  };
}

/** The name that leads to each pod of a workload in overlap, for Prometheus; its own name leads to one of them. */
export function podsAlias(workload: string): string {
  return `${workload}-pods`;
}

/** How many replicas answer users, by their load. */
export interface Autoscale {
  readonly min: number;
  readonly max: number;
  /** Of what a pod asks for, on average. */
  readonly cpuPercent: number;
}

/** Workers take what is there, however many they are; only what answers users follows the load. */
export function autoscaled({ duty }: Workload, wanted: Autoscale | undefined): Autoscale | undefined {
  return duty.kind === "worker" ? undefined : wanted;
}

/** A HorizontalPodAutoscaler's spec: by the CPU that pods use of what they ask for, and nothing else. */
export function scalerOf(deployment: string, { min, max, cpuPercent }: Autoscale) {
  const target = { type: "Utilization", averageUtilization: cpuPercent };
  return {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name: deployment },
    minReplicas: min,
    maxReplicas: max,
    metrics: [{ type: "Resource", resource: { name: "cpu", target } }],
  };
}

/** Replicas on nodes of their own, as far as there are any. */
export function spread(matchLabels: Record<string, string>) {
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels },
    },
  ];
}

/**
 * A claim is mounted by one node alone, so all pods of a release in overlap that write one, the old release's too, have to be on the node of the
 * others; the first chooses it. Undefined for a workload without volumes, and for one writer, whose next pod comes when it has gone.
 */
export function besideOthers({ volumes }: Workload, { mode }: ReleaseMode, stack: string) {
  if (mode === "stop-first" || volumes.length === 0) return undefined;
  const labels = { [sharesLabel]: "volumes" };
  const labelSelector = { matchLabels: { [label.stack]: stack, ...labels } };
  const together = { labelSelector, topologyKey: "kubernetes.io/hostname" };
  return { labels, affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [together] } } };
}

/** What proves a worker's pod before its process may begin, as Rollout does on a Docker host. */
export function workerCheck({ duty }: Workload) {
  return duty.kind === "worker" && duty.check.length > 0 ? { name: "check", argv: duty.check, mounts: [] } : undefined;
}
