import type { Alert } from "./spec.ts";

/** What the switch counts as users see it: its frontends. */
const users = 'job="switch",proxy=~"route.*"';
export const httpErrors = `haproxy_frontend_http_responses_total{${users},code="5xx"}`;
export const httpTotal = `haproxy_frontend_http_responses_total{${users}}`;

const rate = (selector: string, range: string) => `sum(rate(${selector}[${range}]))`;
const errorRatio = `${rate(httpErrors, "5m")} / ${rate(httpTotal, "5m")}`;
const hour = rate(httpTotal, "1h");
const yesterday = `sum(rate(${httpTotal}[1h] offset 1d))`;
/** Of fewer one odd answer is a large share; that all of them fail is NoBackend's, and with hardly any traffic it is ProbeFails'. */
const enough = `sum(increase(${httpTotal}[5m])) >= 50`;
/** Without requests a mean is 0 or old. */
const busy = (proxy: string) => `rate(haproxy_backend_http_requests_total{job="switch",proxy${proxy}}[5m]) > 0`;
const common = { source: "switch", team: "oncall" } as const;
const down = ["AppDown", "SwitchDown", "NoBackend"];

/** Of a system that answers by https. */
export const trafficAlerts: readonly Alert[] = [
  {
    ...common,
    name: "NoBackend",
    expr: `sum(increase(${httpErrors}[2m])) > 0 unless sum(increase(haproxy_frontend_http_responses_total{${users},code=~"[234]xx"}[2m])) > 0`,
    forSeconds: 60,
    severity: "page",
    summary: "every request fails",
    description: "The switch reaches no replica, or all of them answer with errors.",
    guide: "guide 001, Troubleshooting: Health check failing; guide 003, Part 6: Readiness Probe",
    silencedBy: ["AppDown", "SwitchDown"],
  },
  {
    ...common,
    name: "ErrorRateCritical",
    expr: `${errorRatio} > 0.05 and ${enough}`,
    forSeconds: 60,
    severity: "page",
    summary: "{{ $value | humanizePercentage }} of requests fail",
    description: "More than one answer of twenty is an error of the server's.",
    guide: "guide 001, Performance Metrics: Error Rate critical >5%; guide 002, Alert Thresholds: Error rate >5%",
    silencedBy: down,
  },
  {
    ...common,
    name: "ErrorRateHigh",
    expr: `${errorRatio} > 0.01 and ${enough}`,
    forSeconds: 300,
    severity: "page",
    summary: "{{ $value | humanizePercentage }} of requests fail",
    description: "More than one answer of a hundred is an error of the server's, for five minutes.",
    guide:
      "guide 004, Alerting Rules 1: Error Rate >1% for 5 minutes; guide 001, Performance Metrics: Error Rate warning >1%",
    silencedBy: [...down, "ErrorRateCritical"],
  },
  {
    ...common,
    name: "AnswersSlow",
    expr: `haproxy_backend_response_time_average_seconds{job="switch",proxy!~"candidate-.*|edge-metrics"} > 0.5 and on (proxy) ${busy('!=""')}`,
    forSeconds: 300,
    severity: "ticket",
    summary: "{{ $labels.proxy }} takes {{ $value | humanizeDuration }} for an answer on average",
    description: "The switch's own mean, of any product, with metrics or without.",
    guide:
      "guide 001, Performance Metrics: API Response Time warning >500ms, and When to Scale: consistently; guide 004, Metrics to Watch",
    silencedBy: down,
  },
  {
    ...common,
    name: "AnswersVerySlow",
    expr: `haproxy_backend_response_time_average_seconds{job="switch",proxy!~"candidate-.*|edge-metrics"} > 1 and on (proxy) ${busy('!=""')}`,
    forSeconds: 300,
    severity: "page",
    summary: "{{ $labels.proxy }} takes {{ $value | humanizeDuration }} for an answer on average",
    description: "Half of the users wait longer than a second.",
    guide: "guide 001, Performance Metrics: API Response Time critical >1000ms",
    silencedBy: down,
  },
  {
    ...common,
    name: "TrafficUnusual",
    expr: `${hour} > 3 * ${yesterday} and ${hour} > 1 or ${hour} < ${yesterday} / 3 and ${yesterday} > 1`,
    forSeconds: 900,
    severity: "ticket",
    summary: "{{ $value | humanize }} requests a second, three times as many or as few as at this hour yesterday",
    description: "An attack, a campaign, a client that loops; or users who do not get here.",
    guide: "guide 002, Alert Thresholds: Unusual traffic patterns",
    silencedBy: down,
  },
];

/** Of every system: the switch is in front of raw TCP too. */
export const switchAlerts: readonly Alert[] = [
  {
    ...common,
    name: "SwitchDown",
    expr: 'absent(up{job="switch"} == 1)',
    forSeconds: 60,
    severity: "page",
    summary: "the switch does not answer",
    description: "Nothing reaches the product without it.",
    guide: "guide 002, System Health Metrics: Service uptime and availability",
  },
  {
    ...common,
    name: "SwitchRestarts",
    expr: 'resets(haproxy_process_uptime_seconds{job="switch"}[15m]) >= 3',
    forSeconds: 0,
    severity: "page",
    summary: "the switch was started again {{ $value }} times within 15 minutes",
    description: "It ends by itself, or something ends it; each time users who write get an error.",
    guide: "guide 001, Container Won't Start",
  },
  {
    ...common,
    source: "edge",
    name: "EdgeRestarts",
    expr: 'changes(process_start_time_seconds{job="edge"}[15m]) >= 3',
    forSeconds: 0,
    severity: "page",
    summary: "the edge was started again {{ $value }} times within 15 minutes",
    description: "It ends by itself, or something ends it; each time every connection is cut.",
    guide: "guide 001, Container Won't Start",
  },
  {
    ...common,
    name: "ConnectionsNearLimit",
    expr: 'haproxy_process_current_connections{job="switch"} / haproxy_process_max_connections{job="switch"} > 0.8',
    forSeconds: 300,
    severity: "ticket",
    summary: "{{ $value | humanizePercentage }} of the switch's connections are taken",
    description: "Beyond its limit new users wait until others leave.",
    guide: "guide 002, Alert Thresholds: Capacity planning metrics",
  },
  {
    ...common,
    name: "ManyUsers",
    expr: 'sum(haproxy_frontend_current_sessions{job="switch",proxy!="metrics"}) > 100',
    forSeconds: 300,
    severity: "digest",
    summary: "{{ $value }} users at once",
    description: "A sign that it is time for a larger tier or more replicas.",
    guide: "guide 001, When to Scale: >100 concurrent users",
  },
];
