import { hostAlerts } from "./host.ts";
import { type Alert, runbookOf } from "./spec.ts";
import { postgresAlerts, redisAlerts } from "./stores.ts";
import { trafficAlerts } from "./traffic.ts";

/** Alarms of CloudWatch where no Prometheus runs: the same alerts, with the same limits, as far as AWS' own numbers tell them. Plain data. */

/** Whose number it is. */
export type About = "balancer" | "target" | "database" | "cache" | "service";

export interface ManagedAlarm {
  /** Of the alert; its runbook too. */
  readonly name: string;
  readonly description: string;
  readonly about: About;
  readonly comparisonOperator: "GreaterThanThreshold" | "LessThanThreshold";
  readonly threshold: number;
  readonly period: number;
  readonly evaluationPeriods: number;
  readonly treatMissingData: "breaching" | "notBreaching" | "missing";
  /** A number of AWS', or a share of two. */
  readonly metric: Metric | Share;
}

export interface Metric {
  readonly metricName: string;
  readonly statistic: "Average" | "Maximum" | "Minimum" | "Sum";
}

/** CloudWatch's own arithmetic over sums. */
export interface Share {
  readonly part: readonly string[];
  readonly whole: string;
  /** Of fewer, one odd answer is a large share. */
  readonly atLeast: number;
}

export const namespaces: Readonly<Record<About, string>> = {
  balancer: "AWS/ApplicationELB",
  target: "AWS/ApplicationELB",
  database: "AWS/RDS",
  cache: "AWS/ElastiCache",
  service: "AWS/ECS",
};

type Seen = Pick<ManagedAlarm, "about" | "threshold" | "metric"> &
  Partial<Pick<ManagedAlarm, "comparisonOperator" | "treatMissingData">>;

const errors = {
  part: ["HTTPCode_Target_5XX_Count", "HTTPCode_ELB_5XX_Count"],
  whole: "RequestCount",
  atLeast: 50,
} as const;
const mean = (metricName: string): Metric => ({ metricName, statistic: "Average" });

export interface Capacity {
  readonly connections: number;
  readonly storageGb: number;
}

/** What an alert's expression is to CloudWatch. */
function seen({ connections, storageGb }: Capacity): Readonly<Record<string, readonly Seen[]>> {
  return {
    NoBackend: [
      {
        about: "target",
        threshold: 1,
        metric: { metricName: "HealthyHostCount", statistic: "Minimum" },
        comparisonOperator: "LessThanThreshold",
        treatMissingData: "breaching",
      },
    ],
    ErrorRateCritical: [{ about: "balancer", threshold: 0.05, metric: errors }],
    ErrorRateHigh: [{ about: "balancer", threshold: 0.01, metric: errors }],
    AnswersSlow: [{ about: "target", threshold: 0.5, metric: mean("TargetResponseTime") }],
    AnswersVerySlow: [{ about: "target", threshold: 1, metric: mean("TargetResponseTime") }],
    DatabaseDown: [
      {
        about: "database",
        threshold: 0,
        metric: { metricName: "DatabaseConnections", statistic: "Minimum" },
        comparisonOperator: "LessThanThreshold",
        // A server that tells no number does not run.
        treatMissingData: "breaching",
      },
    ],
    DatabaseConnectionsHigh: [
      { about: "database", threshold: Math.floor(connections * 0.8), metric: mean("DatabaseConnections") },
    ],
    RedisDown: [
      {
        about: "cache",
        threshold: 0,
        metric: { metricName: "CurrConnections", statistic: "Minimum" },
        comparisonOperator: "LessThanThreshold",
        treatMissingData: "breaching",
      },
    ],
    RedisMemoryHigh: [{ about: "cache", threshold: 80, metric: mean("DatabaseMemoryUsagePercentage") }],
    DiskLow: [
      {
        about: "database",
        threshold: storageGb * 0.15 * 1024 ** 3,
        metric: { metricName: "FreeStorageSpace", statistic: "Minimum" },
        comparisonOperator: "LessThanThreshold",
      },
    ],
    HostCpuHigh: [
      { about: "service", threshold: 80, metric: mean("CPUUtilization") },
      { about: "database", threshold: 80, metric: mean("CPUUtilization") },
    ],
    HostMemoryHigh: [{ about: "service", threshold: 75, metric: mean("MemoryUtilization") }],
    HostMemoryCritical: [{ about: "service", threshold: 90, metric: mean("MemoryUtilization") }],
  };
}

const alerts: readonly Alert[] = [...trafficAlerts, ...postgresAlerts, ...redisAlerts, ...hostAlerts];

/** What such an alarm tells; undefined for a name of none. */
export function managedAlert(name: string): Alert | undefined {
  return alerts.find((each) => each.name === name);
}

/** Those that undo a release in its bake time: what users meet, and what it asks of the database. */
export const watchedInBake: readonly string[] = [
  "NoBackend",
  "ErrorRateCritical",
  "ErrorRateHigh",
  "AnswersVerySlow",
  "DatabaseDown",
  "DatabaseConnectionsHigh",
  "HostMemoryCritical",
];

/** The one that undoes a release while ECS rolls it out. */
export const undoing = "ErrorRateCritical";

/**
 * The alerts as CloudWatch's alarms, where AWS runs the parts: one for each service, server or balancer that it is about. `forSeconds` becomes whole
 * minutes, at least one; missing data raise none.
 */
export function managedAlarms(capacity: Capacity): readonly ManagedAlarm[] {
  const known = seen(capacity);
  return alerts.flatMap(({ name, description, forSeconds, guide }) =>
    (known[name] ?? []).map((each) => ({
      name,
      description: `${description} ${guide}. ${runbookOf(name)}`,
      comparisonOperator: "GreaterThanThreshold" as const,
      period: 60,
      evaluationPeriods: Math.max(1, Math.ceil(forSeconds / 60)),
      treatMissingData: "notBreaching" as const,
      ...each,
    })),
  );
}

/** In CloudWatch's arithmetic. */
export function shareExpression({ part, atLeast }: Share): string {
  const sum = part.map((_, at) => `FILL(p${at}, 0)`).join(" + ");
  return `IF(w >= ${atLeast}, (${sum}) / w, 0)`;
}
