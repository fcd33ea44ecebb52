import { slowest } from "../../components/alerts/own.ts";
import type { Alert } from "../../components/alerts/spec.ts";

const histogram = "tmws_http_request_duration_seconds";
const table = "guide 001, Performance Metrics";
const search = 'route=~".*search.*"';
const checks = (result: string) => `sum(rate(tmws_budget_checks_total${result}[5m]))`;

/** Guide 000, "7.1 Prometheus Metrics" and "9. FAQ"; the limits of guide 001, "Performance Metrics". */
export const tmwsAlerts: readonly Alert[] = [
  {
    name: "LicensesExpireSoon",
    source: "app",
    expr: "max(tmws_expiring_licenses_7d) > 10",
    forSeconds: 3600,
    severity: "ticket",
    team: "licences",
    summary: "{{ $value }} licenses expire within 7 days",
    description: "Their agents fall back to nothing when they end.",
    guide: "guide 000, Q3: LicenseExpiringIn7Days > 10 for 1h",
  },
  {
    name: "BudgetsExceeded",
    source: "app",
    expr: `${checks('{result="exceeded"}')} / ${checks("")} > 0.5`,
    forSeconds: 900,
    severity: "digest",
    team: "licences",
    summary: "{{ $value | humanizePercentage }} of budget checks say that the budget is exceeded",
    description: "Either the tiers are too small for their users, or one of them loops.",
    guide: "guide 000, 7.1: Budget exceeded rate; no limit is named there",
  },
  {
    name: "BudgetsDenied",
    source: "app",
    expr: `${checks('{result="denied"}')} / ${checks("")} > 0.1`,
    forSeconds: 300,
    severity: "ticket",
    team: "licences",
    summary: "{{ $value | humanizePercentage }} of budget checks are denied",
    description: "Agents without a valid license.",
    guide: "guide 000, 10.1: License Activation Failed; 7.1: Budget check rate",
  },
  slowest({
    name: "BudgetCheckSlow",
    histogram,
    where: 'route=~".*budget/check"',
    above: 0.1,
    what: "a budget check takes too long",
    severity: "ticket",
    team: "oncall",
    guide: "guide 000, 10.1: Budget Check Slow",
    silencedBy: ["RedisDown"],
  }),
  slowest({
    name: "ApiVerySlow",
    histogram,
    above: 1,
    what: "the API is very slow",
    severity: "page",
    team: "oncall",
    guide: `${table}: API Response Time (P95) critical >1000ms`,
  }),
  slowest({
    name: "ApiSlow",
    histogram,
    above: 0.5,
    what: "the API is slow",
    severity: "ticket",
    team: "oncall",
    guide: `${table}: API Response Time (P95) warning >500ms; guide 001, When to Scale: P95 >500ms consistently`,
    silencedBy: ["ApiVerySlow"],
  }),
  slowest({
    name: "SearchVerySlow",
    histogram,
    where: search,
    above: 0.1,
    what: "semantic search is very slow",
    severity: "page",
    team: "product",
    guide: `${table}: Semantic Search (P95) critical >100ms`,
  }),
  slowest({
    name: "SearchSlow",
    histogram,
    where: search,
    above: 0.05,
    what: "semantic search is slow",
    severity: "ticket",
    team: "product",
    guide: `${table}: Semantic Search (P95) warning >50ms`,
    silencedBy: ["SearchVerySlow"],
  }),
];
