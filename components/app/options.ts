import type { z } from "zod";
import type { Health, Limits } from "../container/spec.ts";
import { decimal, integer } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";
import type { Tier } from "../options/tier.ts";

/**
 * What the app may use of the host, by tier. small: guide 001, "Scaling", the limits before (2.0 cores, 2G); medium: the same
 * place, after ("cpus: '4.0'", "memory: 4G"); large: the 8 cores of "Large Deployments", and half of its 16 GB as in the other two.
 * Docker refuses more cores than the host has.
 */
export const tiers = {
  small: { cpus: 2, memoryMb: 2048, pids: 256 },
  medium: { cpus: 4, memoryMb: 4096, pids: 512 },
  large: { cpus: 8, memoryMb: 8192, pids: 1024 },
} as const satisfies Record<Tier, Limits>;

/** Limits that differ from the tier's. */
export const resourcesOptions = section({
  cpus: optional("Cores the app may use.", decimal(0.1, 256, "cores", 2), "the tier's: small 2, medium 4, large 8"),
  memoryMb: optional(
    "Memory the app may use; beyond it the kernel ends it.",
    integer(128, 1_048_576, "megabytes", 2048),
    "the tier's: small 2048, medium 4096, large 8192",
  ),
  pids: optional(
    "Processes and threads the app may have.",
    integer(32, 32_768, "processes", 256),
    "the tier's: small 256, medium 512, large 1024",
  ),
});

/** The tier's limits with the user's own put over them. */
export function limitsOf(tier: Tier, own: z.output<typeof resourcesOptions>): Limits {
  const { cpus, memoryMb, pids } = tiers[tier];
  return { cpus: own.cpus ?? cpus, memoryMb: own.memoryMb ?? memoryMb, pids: own.pids ?? pids };
}

/** Docker's health check of the app; readiness during a rollout is Rollout's own probe. */
export const healthOptions = section({
  intervalSeconds: optional(
    "Time between two health checks.",
    integer(1, 3600, "seconds", 30),
    "the system's: tmws 30",
  ),
  timeoutSeconds: optional(
    "Time after which a health check has failed.",
    integer(1, 600, "seconds", 5),
    "the system's: tmws 5",
  ),
  startPeriodSeconds: optional(
    "Time after the start in which failures do not count.",
    integer(0, 3600, "seconds", 10),
    "the system's: tmws 10",
  ),
  retries: optional("Failures in a row that make the app unhealthy.", integer(1, 100, "", 3), "the system's: tmws 3"),
});

export type HealthTimings = Omit<Health, "test">;

/** The system's health timings with the user's own put over them. */
export function healthOf(system: HealthTimings, own: z.output<typeof healthOptions>): HealthTimings {
  return {
    intervalSeconds: own.intervalSeconds ?? system.intervalSeconds,
    timeoutSeconds: own.timeoutSeconds ?? system.timeoutSeconds,
    startPeriodSeconds: own.startPeriodSeconds ?? system.startPeriodSeconds,
    retries: own.retries ?? system.retries,
  };
}
