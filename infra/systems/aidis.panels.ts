import {
  graph,
  limited,
  mean,
  now,
  perSecond,
  quantile,
  share,
  value,
  within,
} from "../../components/dashboards/panels.ts";
import type { Row } from "../../components/dashboards/spec.ts";

const guide = (part: string) => `Guide 002, "Key Metrics to Monitor": ${part}.`;
const thresholds = 'Guide 002, "Alert Thresholds"';
const requests = "aidis_requests_total";
const latency = { name: "aidis_request_duration_seconds" };
const queries = { name: "aidis_query_duration_seconds" };

function succeeded(method: string) {
  return share(`${requests}{method=~"${method}",result="ok"}`, `${requests}{method=~"${method}"}`, "ok");
}

/** Guide 002, "Production Monitoring". */
export const aidisPanels: readonly Row[] = [
  {
    title: "Application Metrics",
    panels: [
      graph("Requests by method", "What the servers answered.", "per second", perSecond(requests, ["method"])),
      graph(
        "Session creation success rate",
        guide("session creation success rate"),
        "ratio",
        succeeded("session_start"),
      ),
      graph(
        "Project assignment success rate",
        guide("project assignment success rate"),
        "ratio",
        succeeded("project_(create|switch)"),
      ),
      limited(
        graph(
          "API response time",
          `${guide("API response times")} ${thresholds}: above 100 ms on average.`,
          "seconds",
          mean(latency),
          quantile(0.95, latency),
        ),
        0.1,
      ),
      graph(
        "Database query performance",
        guide("database query performance"),
        "seconds",
        mean(queries),
        quantile(0.95, queries),
      ),
      graph("Errors by type", guide("error rates and types"), "per second", perSecond("aidis_errors_total", ["type"])),
      limited(
        graph("Error rate", `${thresholds}: above 5 %.`, "ratio", {
          promql: `sum(rate(aidis_errors_total[$window])) / (sum(rate(${requests}[$window])) > 0)`,
          legend: "errors",
        }),
        0.05,
      ),
      graph("Failed queries", "Questions to the database that failed.", "per second", {
        ...perSecond("aidis_query_failures_total"),
      }),
    ],
  },
  {
    title: "Business Metrics",
    panels: [
      value(
        "Active sessions",
        guide("number of active sessions"),
        "number",
        now("max(aidis_open_sessions)", "sessions"),
      ),
      value("Projects created per day", guide("projects created per day"), "number", {
        ...within("aidis_projects_created_total", "24h"),
      }),
      graph("Connected clients", guide("user engagement"), "number", now("sum(aidis_connections)", "clients")),
      graph(
        "Benchmarks",
        'Guide 002, "Performance Validation": a session in 50 ms, a project in 25 ms.',
        "seconds",
        { ...quantile(0.5, { name: "aidis_session_creation_seconds" }), legend: "session" },
        { ...quantile(0.5, { name: "aidis_project_resolution_seconds" }), legend: "project" },
      ),
    ],
  },
  {
    title: "System Health Metrics",
    panels: [
      graph("Uptime", guide("service uptime"), "seconds", now("process_uptime_seconds", "{{instance}}")),
      graph(
        "Connection pool",
        guide("database connection pool status"),
        "number",
        now("sum by (state) (aidis_pool_connections)", "{{state}}"),
      ),
      graph(
        "Memory",
        guide("memory usage and garbage collection"),
        "bytes",
        now('process_resident_memory_bytes{job="aidis"}', "{{instance}}, resident"),
        now("nodejs_heap_used_bytes", "{{instance}}, heap"),
      ),
      graph("Garbage collection", guide("part of the time that it takes"), "ratio", {
        ...perSecond("nodejs_gc_seconds_total", ["instance"]),
      }),
      graph("Processors", guide("CPU utilization; cores in use"), "number", {
        ...perSecond("process_cpu_seconds", ["instance"]),
      }),
    ],
  },
];
