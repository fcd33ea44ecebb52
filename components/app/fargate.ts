import type { Health } from "../container/spec.ts";
import { failuresThatEnd } from "./liveness.ts";
import type { HealthTimes, Workload } from "./spec.ts";

/** How a workload is released and asked on Fargate; pure. */

/**
 * ECS ends and replaces a task whose own check fails: so the check is the one that shows life, where the system has one. Whether a replica gets
 * requests the balancer asks.
 */
export function fargateHealth({ duty }: Workload, times: HealthTimes): Health | undefined {
  if (duty.kind === "worker") return undefined;
  const { liveness, healthCommand } = duty;
  const test = ["CMD", ...(liveness ?? healthCommand)];
  return { ...times, test, retries: failuresThatEnd({ times, stopGraceSeconds: 0 }) };
}

/** Old and new side by side, none missing; of what must be alone the old one ends first. */
export function deploymentOf({ duty }: Workload) {
  const single = duty.kind === "worker" && duty.single;
  return single
    ? { deploymentMaximumPercent: 100, deploymentMinimumHealthyPercent: 0 }
    : { deploymentMaximumPercent: 200, deploymentMinimumHealthyPercent: 100 };
}
