import { graph, limited, now, perSecond, quantile, share, value, within } from "../../components/dashboards/panels.ts";
import type { Row } from "../../components/dashboards/spec.ts";

const metrics = 'guide 000, "7.1 Prometheus Metrics"';
const dashboard = 'guide 000, "7.2 Grafana Dashboard"';
const checks = "tmws_budget_checks_total";
const tokens = "tmws_license_tokens_used_total";

/** Guide 000, "7. Monitoring & Alerts"; its `rate(...) by (tier)` is no PromQL, what it means is. */
export const tmwsPanels: readonly Row[] = [
  {
    title: "TMWS License System",
    panels: [
      graph("Budget Check Rate", dashboard, "per second", perSecond(checks, ["result"])),
      graph("Budget exceeded rate", metrics, "per second", perSecond(`${checks}{result="exceeded"}`, ["tier"])),
      graph("Token Usage by Tier", dashboard, "per second", perSecond(tokens, ["tier"])),
      value("Tokens of the last hour", metrics, "number", within(tokens, "1h")),
      limited(
        value(
          "Licenses Expiring Soon",
          `Valid licenses that end within 7 days: ${dashboard}; more than 10 are told (Q3).`,
          "number",
          now("max(tmws_expiring_licenses_7d)", "licenses"),
        ),
        11,
      ),
    ],
  },
  {
    title: "Application",
    panels: [
      graph("Requests by route", metrics, "per second", perSecond("tmws_http_requests_total", ["route"])),
      limited(
        graph(
          "API Response Time",
          'Guide 001, "Performance Metrics": p95 above 500 ms, above 1 s.',
          "seconds",
          quantile(0.5, { name: "tmws_http_request_duration_seconds" }),
          quantile(0.95, { name: "tmws_http_request_duration_seconds" }),
        ),
        1,
        0.5,
      ),
      limited(
        graph(
          "Budget check time",
          "Guide 000, Q5: p95 of 7 to 10 ms, the target is below 15 ms.",
          "seconds",
          quantile(0.95, { name: "tmws_http_request_duration_seconds", labels: 'route="/api/v1/budget/check"' }),
        ),
        0.015,
      ),
      limited(
        graph(
          "Error Rate",
          'Guide 001, "Performance Metrics": above 1 %, above 5 %.',
          "ratio",
          share('tmws_http_requests_total{status=~"5.."}', "tmws_http_requests_total", "5xx"),
        ),
        0.05,
        0.01,
      ),
      graph(
        "Memory Usage",
        'Guide 001, "Performance Metrics".',
        "bytes",
        now('process_resident_memory_bytes{job="tmws"}', "{{instance}}"),
      ),
      graph("CPU Usage", 'Cores in use. Guide 001, "Performance Metrics".', "number", {
        ...perSecond('process_cpu_seconds_total{job="tmws"}', ["instance"]),
      }),
    ],
  },
];
