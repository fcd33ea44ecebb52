import type { Alert, Watched } from "./spec.ts";

const table = "guide 001, Performance Metrics";
const scale = "guide 001, When to Scale";

/** Of the product's processes, by their own metrics. */
export function productAlerts({ jobs, limits }: Pick<Watched, "jobs" | "limits">): readonly Alert[] {
  const of = `job=~"${jobs.join("|")}"`;
  const memory = `max by (job, instance) (process_resident_memory_bytes{${of}}) / ${limits.memoryMb * 2 ** 20}`;
  const cpu = `sum by (job, instance) (rate({__name__=~"process_cpu_seconds(_total)?",${of}}[5m])) / ${limits.cpus}`;
  const common = { source: "app", team: "oncall" } as const;
  const lack = "No replica can take more until it has more, or there are more of them.";
  return [
    {
      ...common,
      name: "AppDown",
      expr: jobs.map((job) => `absent(up{job="${job}"} == 1)`).join(" or "),
      forSeconds: 60,
      severity: "page",
      summary: "no replica of the product answers",
      description: "Users get errors, or wait. A release that holds requests is shorter than this.",
      guide: "guide 002, Alert Thresholds: Service down for >1 minute",
    },
    {
      ...common,
      name: "AppRestartLoop",
      expr: `sum by (job) (changes(process_start_time_seconds{${of}}[15m])) >= 3 or sum by (job) (resets(process_uptime_seconds{${of}}[15m])) >= 3`,
      forSeconds: 0,
      severity: "page",
      summary: "{{ $labels.job }} was started again {{ $value }} times within 15 minutes",
      description: "It ends by itself, or something ends it; between two starts users get errors.",
      guide: "guide 001, Container Won't Start",
    },
    {
      ...common,
      name: "AppMemoryCritical",
      expr: `${memory} > 0.9`,
      forSeconds: 60,
      severity: "page",
      summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory",
      description: `The kernel ends it at 100 %. ${lack}`,
      guide: `guide 002, Alert Thresholds: Memory usage >90%; ${table}: Memory Usage critical`,
    },
    {
      ...common,
      name: "AppMemoryHigh",
      expr: `${memory} > 0.75`,
      forSeconds: 300,
      severity: "ticket",
      summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its memory",
      description: lack,
      guide: `guide 002, Alert Thresholds: Memory usage >75%; ${table}: Memory Usage warning; ${scale}: Memory usage >80% of container limit`,
      silencedBy: ["AppMemoryCritical"],
    },
    {
      ...common,
      name: "AppCpuCritical",
      expr: `${cpu} > 0.95`,
      forSeconds: 300,
      severity: "page",
      summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its processors",
      description: `Every request waits for the processor. ${lack}`,
      guide: `${table}: CPU Usage critical >95%`,
    },
    {
      ...common,
      name: "AppCpuHigh",
      expr: `${cpu} > 0.8`,
      forSeconds: 300,
      severity: "ticket",
      summary: "{{ $labels.instance }} uses {{ $value | humanizePercentage }} of its processors",
      description: lack,
      guide: `${table}: CPU Usage warning >80%; ${scale}: CPU usage >80% sustained for >5 minutes`,
      silencedBy: ["AppCpuCritical"],
    },
  ];
}
