import { failedQueries, slowest, slowQueries } from "../../components/alerts/own.ts";
import type { Alert } from "../../components/alerts/spec.ts";

const watch = "guide 004, Metrics to Watch (First 24 Hours)";

/** Guide 004, "Alerting Rules" and "Metrics to Watch". */
export const diligenceAlerts: readonly Alert[] = [
  slowest({
    name: "ApiSlow",
    histogram: "http_request_duration_seconds",
    above: 0.5,
    what: "the API is slow",
    severity: "ticket",
    team: "oncall",
    guide: `${watch}: Response Time p95 <500ms`,
  }),
  slowQueries(`${watch}: Query Latency p95 <100ms`),
  ...failedQueries("db_query_failures_total"),
];
