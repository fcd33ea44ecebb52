import type { Alert } from "./spec.ts";

const common = { source: "host", team: "oncall" } as const;
const free = (of: string) => `min by (mountpoint) (node_filesystem_${of}_bytes{job="host"})`;
const memory = '1 - node_memory_MemAvailable_bytes{job="host"} / node_memory_MemTotal_bytes{job="host"}';
const cpu = '1 - avg(rate(node_cpu_seconds_total{job="host",mode="idle"}[5m]))';

/** Of the machine, by node exporter: `/` is the disk of Docker's data, `/var/lib/slipway` that of the stack's volumes. */
export const hostAlerts: readonly Alert[] = [
  {
    ...common,
    name: "DiskFull",
    expr: `${free("avail")} < 1e9`,
    forSeconds: 0,
    severity: "page",
    summary: "{{ $value | humanize1024 }}B are free at {{ $labels.mountpoint }}",
    description: "A full disk stops every store, and the next backup and release with them.",
    guide: "guide 002, Alert Thresholds: Disk space <1GB free",
  },
  {
    ...common,
    name: "DiskLow",
    expr: `${free("avail")} / ${free("size")} < 0.15`,
    forSeconds: 900,
    severity: "ticket",
    summary: "{{ $value | humanizePercentage }} are free at {{ $labels.mountpoint }}",
    description: "Old images and backup sets are what can go.",
    guide: "guide 002, System Health Metrics: Disk space usage",
    silencedBy: ["DiskFull"],
  },
  {
    ...common,
    name: "DiskFillsSoon",
    expr: `predict_linear(node_filesystem_avail_bytes{job="host"}[6h], 7 * 86400) < 0 and node_filesystem_avail_bytes{job="host"} / node_filesystem_size_bytes{job="host"} < 0.5`,
    forSeconds: 3600,
    severity: "digest",
    summary: "{{ $labels.mountpoint }} is full within a week when it goes on like this",
    description: "Time to plan for a larger disk, or to keep less.",
    guide: "guide 002, Alert Thresholds: Capacity planning metrics, Usage trend analysis",
    silencedBy: ["DiskFull", "DiskLow"],
  },
  {
    ...common,
    name: "HostMemoryCritical",
    expr: `${memory} > 0.9`,
    forSeconds: 60,
    severity: "page",
    summary: "{{ $value | humanizePercentage }} of the host's memory are in use",
    description: "The kernel ends processes when nothing is left.",
    guide: "guide 002, Alert Thresholds: Memory usage >90%",
  },
  {
    ...common,
    name: "HostMemoryHigh",
    expr: `${memory} > 0.75`,
    forSeconds: 900,
    severity: "ticket",
    summary: "{{ $value | humanizePercentage }} of the host's memory are in use",
    description: "A release needs room for the next one beside the old one.",
    guide: "guide 002, Alert Thresholds: Memory usage >75%",
    silencedBy: ["HostMemoryCritical"],
  },
  {
    ...common,
    name: "HostCpuHigh",
    expr: `${cpu} > 0.8`,
    forSeconds: 900,
    severity: "ticket",
    summary: "the host's processors are busy at {{ $value | humanizePercentage }}",
    description: "Whatever runs here slows down what serves.",
    guide: "guide 002, System Health Metrics: CPU utilization; guide 001, Performance Metrics: CPU Usage warning >80%",
  },
  {
    ...common,
    name: "OutOfMemoryKill",
    expr: 'increase(node_vmstat_oom_kill{job="host"}[10m]) > 0',
    forSeconds: 0,
    severity: "page",
    summary: "the kernel ended {{ $value | humanize }} processes for lack of memory",
    description:
      "A container reached its limit, or the host has none left. The kernel's own counter, of the whole host.",
    guide: "guide 001, Container Won't Start: OOMKilled",
    // That one says whose.
    silencedBy: ["ContainerOutOfMemory"],
  },
];
