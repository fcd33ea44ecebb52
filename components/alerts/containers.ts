import { exporterParts } from "../exporters/spec.ts";
import type { Alert } from "./spec.ts";

/** Of each container of the stack by its part and name, as images/container-exporter counts it. */
const job = "containers";
const metric = (name: string) => `slipway_container_${name}{job="${job}"}`;
const rate = (counter: string) => `rate(${metric(counter)}[5m])`;

/** By part: replicas added up. Kept, since dashboards and whoever asks for longer times want the same. */
export const containerRecords: readonly { readonly record: string; readonly expr: string }[] = [
  ["memory_bytes", metric("memory_bytes")],
  ["memory_limit_bytes", metric("memory_limit_bytes")],
  ["cpu_seconds:rate5m", rate("cpu_seconds_total")],
  ["cpu_limit_cores", metric("cpu_limit_cores")],
].map(([name, expr]) => ({ record: `slipway:container_${name}`, expr: `sum by (part) (${expr})` }));

const memory = `${metric("memory_held_bytes")} / ${metric("memory_limit_bytes")}`;
const cpu = `${rate("cpu_seconds_total")} / ${metric("cpu_limit_cores")}`;
const waits = `${rate("cpu_throttled_periods_total")} / ${rate("cpu_periods_total")}`;
const common = { source: "containers", team: "oncall" } as const;
const which = "{{ $labels.part }} ({{ $labels.name }})";
const share = "{{ $value | humanizePercentage }}";

export const containerAlerts: readonly Alert[] = [
  {
    ...common,
    name: "ContainerOutOfMemory",
    expr: `increase(${metric("out_of_memory_kills_total")}[10m]) > 0`,
    forSeconds: 0,
    severity: "page",
    summary: `the kernel ended a process of ${which} for lack of memory`,
    description:
      "It reached its limit. A container whose first process was ended begins anew; one of many may be missed.",
    guide: "guide 001, Container Won't Start: OOMKilled",
  },
  {
    ...common,
    name: "ContainerRestartLoop",
    expr: `increase(${metric("starts_total")}[15m]) >= 3`,
    forSeconds: 0,
    severity: "page",
    summary: `${which} was started again {{ $value | humanize }} times within 15 minutes`,
    description: "It ends by itself, or something ends it; between two starts it serves nobody.",
    guide: "guide 001, Container Won't Start",
  },
  {
    ...common,
    name: "ContainerMemoryCritical",
    expr: `${memory} > 0.9`,
    forSeconds: 60,
    severity: "page",
    summary: `${which} holds ${share} of its memory`,
    description: "What the kernel could take back is not counted. At 100 % it ends a process.",
    guide: "guide 002, Alert Thresholds: Memory usage >90%; guide 001, Performance Metrics: Memory Usage critical",
  },
  {
    ...common,
    name: "ContainerMemoryHigh",
    expr: `${memory} > 0.8`,
    forSeconds: 900,
    severity: "ticket",
    summary: `${which} holds ${share} of its memory`,
    description: "What the kernel could take back is not counted. It needs more, or less to do.",
    guide: "guide 001, When to Scale: Memory usage >80% of container limit",
    silencedBy: ["ContainerMemoryCritical"],
  },
  {
    ...common,
    name: "ContainerCpuHigh",
    expr: `${cpu} > 0.8`,
    forSeconds: 300,
    severity: "ticket",
    summary: `${which} uses ${share} of its processors`,
    description: "At its limit it waits for the rest of each tenth of a second.",
    guide: "guide 001, When to Scale: CPU usage >80% sustained for >5 minutes",
  },
  {
    ...common,
    name: "ContainerThrottled",
    expr: `${waits} > 0.5`,
    forSeconds: 900,
    severity: "digest",
    summary: `${which} had to wait for its processors in ${share} of its time`,
    description: "Short bursts reach its limit, which its average does not show: it answers later than it could.",
    guide: "no guide names it; guide 001, Performance Metrics: CPU Usage",
    silencedBy: ["ContainerCpuHigh"],
  },
  {
    ...common,
    name: "ContainersUnseen",
    expr: `absent(slipway_container_memory_bytes{job="${job}",part="${exporterParts.containers.part}"})`,
    forSeconds: 300,
    severity: "ticket",
    summary: "containers are not counted",
    description: "What counts them does not find its own: the other alerts of containers are silent, and say nothing.",
    guide: "no guide counts containers; silence would look like health",
  },
];
