import { backupMetric, drillMetric, releaseMetric } from "../steps/metrics.ts";
import type { Alert, Watched } from "./spec.ts";

const common = { source: "host", team: "dba" } as const;
const of = '{job="host"}';
const ofBackups = '{job="host",purpose="backup"}';

/** Of what runs now and then, and leaves a note for node exporter: see components/steps/metrics.ts. */
export const upkeepAlerts: readonly Alert[] = [
  {
    ...common,
    name: "BackupTooOld",
    expr: `time() - max(${backupMetric}${ofBackups}) > $age(26h)`,
    forSeconds: 0,
    severity: "page",
    summary: "the last backup ended {{ $value | humanizeDuration }} ago",
    description: "What was written since then is lost with the host. Backups are to run each night.",
    guide: "guide 001, Backup & Recovery: daily at 02:00; guide 002, Maintenance reminders",
  },
  {
    ...common,
    name: "BackupMissing",
    expr: `absent(${backupMetric}${ofBackups})`,
    forSeconds: 26 * 3600,
    severity: "page",
    summary: "there is no backup",
    description: "This stack runs for more than a day and nobody has taken a set of its data.",
    guide: "guide 001, Backup & Recovery: daily at 02:00",
  },
  {
    ...common,
    name: "DrillFailed",
    expr: `${drillMetric("success")}${of} == 0`,
    forSeconds: 0,
    severity: "page",
    summary: "the last drill could not restore the newest backup",
    description: "Until a drill succeeds, count on no backup.",
    guide: "no guide drills; guide 002, Step 10: Verify rollback success",
  },
  {
    ...common,
    name: "DrillTooOld",
    expr: `time() - max(${drillMetric("timestamp_seconds")}${of}) > $age(8d)`,
    forSeconds: 0,
    severity: "digest",
    summary: "the last drill was {{ $value | humanizeDuration }} ago",
    description: "A backup that was never restored is a hope.",
    guide: "guide 002, Alert Thresholds: Maintenance reminders",
  },
  {
    ...common,
    team: "oncall",
    name: "ReleaseStuck",
    expr: `${releaseMetric("open")}${of} == 1`,
    forSeconds: 1800,
    severity: "page",
    summary: "a release is neither done nor undone",
    description: "It was cut off; the old one or the new one serves, and nothing mends it by itself.",
    guide: "guide 004, When to Rollback: startup failures",
  },
  {
    ...common,
    team: "oncall",
    name: "ReleaseUndone",
    expr: `${releaseMetric("undone")}${of} == 1`,
    forSeconds: 0,
    severity: "ticket",
    summary: "the last release was undone",
    description: "Migration, probes or the bake time found it bad; the release before serves.",
    guide: "guide 004, When to Rollback; Key Log Patterns: alembic.runtime.migration",
  },
  {
    ...common,
    team: "oncall",
    name: "ReleaseUnproved",
    expr: `${releaseMetric("proved")}${of} == 0 and ${releaseMetric("open")}${of} == 0`,
    forSeconds: 3600,
    severity: "ticket",
    summary: "what serves was never proved by its smoke test",
    description: "The update ended before its last step.",
    guide: "guide 004, Monitor Immediately Post-Deployment",
  },
];

/** Asked from outside, which needs no traffic of users. */
export function probeAlerts({ https, renewSeconds }: Pick<Watched, "https" | "renewSeconds">): readonly Alert[] {
  const probe = { source: "probe", team: "oncall" } as const;
  const left = 'min by (instance) (probe_ssl_earliest_cert_expiry{job="probe"}) - time()';
  const known: readonly Alert[] = [
    {
      ...probe,
      name: "ProbeFails",
      expr: 'probe_success{job="probe"} == 0',
      forSeconds: 120,
      severity: "page",
      summary: "{{ $labels.instance }} does not answer as it should",
      description: "Asked every few seconds as a user would; with little traffic nothing else notices.",
      guide:
        "guide 001, Health Checks: GET /health; guide 003, Part 6: Liveness Probe; guide 004: Verify API endpoints responding",
      silencedBy: ["AppDown", "SwitchDown"],
    },
  ];
  if (!https) return known;
  const certificates: readonly Alert[] = [
    {
      ...probe,
      name: "CertificateExpires",
      expr: `${left} < ${renewSeconds}`,
      forSeconds: 0,
      severity: "ticket",
      summary: "the certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}",
      description: "The edge should have renewed it by now.",
      guide: "guide 001, SSL: certbot renew; guide 002, Maintenance reminders",
      silencedBy: ["CertificateEnds"],
    },
    {
      ...probe,
      name: "CertificateEnds",
      expr: `${left} < ${Math.round(renewSeconds / 4)}`,
      forSeconds: 0,
      severity: "page",
      summary: "the certificate of {{ $labels.instance }} ends in {{ $value | humanizeDuration }}",
      description: "Then every browser refuses the site.",
      guide: "guide 001, SSL: certbot renew",
    },
  ];
  return [...known, ...certificates];
}

/** Prometheus of itself: a watch that fails in silence is worse than none. */
export const watchAlerts: readonly Alert[] = [
  {
    source: "watch",
    team: "oncall",
    name: "TargetMissing",
    expr: 'up{job=~"prometheus|edge|host|redis|postgres|probe|alertmanager"} == 0',
    forSeconds: 300,
    severity: "ticket",
    summary: "{{ $labels.job }} is not measured",
    description: "Alerts that need its numbers cannot fire.",
    guide: "guide 002, System Monitoring Configuration",
  },
  {
    source: "watch",
    team: "oncall",
    name: "AlertsNotDelivered",
    expr: "increase(prometheus_notifications_dropped_total[15m]) > 0 or increase(alertmanager_notifications_failed_total[15m]) > 0",
    forSeconds: 0,
    severity: "page",
    summary: "alerts were not delivered",
    description: "Somebody was to be told of something and was not: look at `npm run status`.",
    guide: "guide 004, Alerting Rules: Page on-call engineer",
  },
  {
    source: "watch",
    team: "oncall",
    name: "RulesFail",
    expr: "increase(prometheus_rule_evaluation_failures_total[15m]) > 0",
    forSeconds: 0,
    severity: "ticket",
    summary: "Prometheus cannot evaluate a rule",
    description: "The alerts of that rule cannot fire.",
    guide: "guide 002, System Monitoring Configuration",
  },
];
