import { connectionErrors } from "../../components/alerts/logged.ts";
import { failedQueries, failing, slowOnAverage } from "../../components/alerts/own.ts";
import type { Alert, Objective } from "../../components/alerts/spec.ts";

const thresholds = "guide 002, Alert Thresholds";
const checklist = "guide 002, Performance: ";

/** It speaks raw TCP: what failed, it says itself. */
export const aidisObjective: Objective = {
  target: 0.999,
  errors: 'aidis_requests_total{result="internal"}',
  total: "aidis_requests_total",
  source: "app",
};

export const aidisLogged = connectionErrors(
  ["mcp"],
  "guide 002, Critical Alerts: Database connection failures; the limit is guide 004's, Alerting Rules 2",
);

const common = { source: "app", team: "product", forSeconds: 300 } as const;

export const aidisAlerts: readonly Alert[] = [
  failing(aidisObjective, 0.05, {
    name: "RequestsFail",
    forSeconds: 60,
    severity: "ticket",
    team: "oncall",
    summary: "{{ $value | humanizePercentage }} of requests fail inside",
    description: "Not the client's errors: those of the server and its database.",
    guide: `${thresholds}: Error rate >5%`,
    silencedBy: ["AppDown", "DatabaseDown"],
  }),
  slowOnAverage({
    name: "ApiSlow",
    histogram: "aidis_request_duration_seconds",
    above: 0.1,
    what: "requests are slow",
    severity: "ticket",
    team: "oncall",
    guide: `${thresholds}: API response time >100ms average`,
  }),
  slowOnAverage({
    name: "SessionCreationSlow",
    histogram: "aidis_session_creation_seconds",
    above: 0.05,
    what: "a session takes too long to be made",
    severity: "digest",
    team: "product",
    guide: `${checklist}Session creation < 50ms; ${thresholds}: Performance benchmark deviations`,
  }),
  slowOnAverage({
    name: "ProjectResolutionSlow",
    histogram: "aidis_project_resolution_seconds",
    above: 0.025,
    what: "a project takes too long to be found",
    severity: "digest",
    team: "product",
    guide: `${checklist}Project resolution < 25ms; ${thresholds}: Performance benchmark deviations`,
  }),
  {
    ...common,
    name: "SessionsFail",
    expr: 'sum(increase(aidis_requests_total{method=~"session.*",result="internal"}[5m])) > 0',
    forSeconds: 0,
    severity: "ticket",
    summary: "{{ $value | humanize }} requests for sessions failed within five minutes",
    description: "Users cannot begin to work.",
    guide: "guide 002, Application Metrics: Session creation success rate",
    silencedBy: ["AppDown", "DatabaseDown"],
  },
  {
    ...common,
    name: "ProjectsFail",
    expr: 'sum(increase(aidis_requests_total{method=~"project.*",result="internal"}[5m])) > 0',
    forSeconds: 0,
    severity: "ticket",
    summary: "{{ $value | humanize }} requests for projects failed within five minutes",
    description: "Sessions get no project, and their contexts no place.",
    guide: "guide 002, Application Metrics: Project assignment success rate",
    silencedBy: ["AppDown", "DatabaseDown"],
  },
  {
    ...common,
    name: "PoolWaits",
    team: "dba",
    expr: 'max(aidis_pool_connections{state="waiting"}) > 0',
    severity: "ticket",
    summary: "{{ $value }} requests wait for a connection to the database",
    description: "All connections of the pool are taken, for five minutes.",
    guide: "guide 002, System Health Metrics: Database connection pool status",
    silencedBy: ["DatabaseDown"],
  },
  {
    ...common,
    name: "GarbageCollectionHigh",
    expr: "max(rate(nodejs_gc_seconds_total[5m])) > 0.1",
    severity: "digest",
    summary: "{{ $value | humanizePercentage }} of the time goes into collecting garbage",
    description: "The heap is nearly full, or something makes too much of what is thrown away.",
    guide: "guide 002, System Health Metrics: Memory usage and garbage collection",
  },
  ...failedQueries("aidis_query_failures_total"),
  ...aidisLogged.alerts,
];
