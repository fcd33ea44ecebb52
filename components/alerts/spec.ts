/** What Prometheus watches for, as plain data: rendered by rules.ts, told by components/alertmanager. */

/** `page`: at once, day and night. `ticket`: within the hour (guide 002, "Alert Thresholds"). `digest`: once a day. */
export const severities = ["page", "ticket", "digest"] as const;
export type Severity = (typeof severities)[number];

/** Who mends it: on call (guide 004, "Alerting Rules"), the DBA, the product's people, those of licences (guide 000, "10.2 Emergency Contacts"). */
export const teams = ["oncall", "dba", "product", "licences"] as const;
export type Team = (typeof teams)[number];

/**
 * Where an alert's numbers come from; without its source an alert is not rendered, since silence would look like health. `app`: the product's
 * own metrics. `edge`: Caddy. `archive`: what receives the database's log, by node exporter; `offsite-log`: what copies it off the host. `host`: node exporter, with what commands and steps write for it. `containers`: container exporter. `probe`: blackbox exporter. `watch`: Prometheus itself.
 * `log`: what is counted in printed lines (`slipway:logs.count`).
 */
export const sources = [
  "switch",
  "edge",
  "app",
  "redis",
  "postgres",
  "archive",
  "offsite-log",
  "host",
  "containers",
  "probe",
  "log",
  "watch",
] as const;
export type Source = (typeof sources)[number];

export interface Alert {
  /** Unique in a stack; its runbook is `docs/runbooks/<name>.md`. */
  readonly name: string;
  readonly source: Source;
  /** PromQL; an age that is compared with is written `$age(26h)` so that it can be scaled with the ranges, see scale.ts. */
  readonly expr: string;
  /** How long it must hold. 0: one evaluation is enough. */
  readonly forSeconds: number;
  readonly severity: Severity;
  readonly team: Team;
  /** One line; `{{ $value }}` and `{{ $labels.x }}` are Prometheus' own. */
  readonly summary: string;
  /** What it means for users, and what comes next when nobody acts. */
  readonly description: string;
  /** Where the limit comes from: guide, section and line, or why no guide has it. */
  readonly guide: string;
  /** Alerts that explain it: while one of them fires, this one is not told. @default none */
  readonly silencedBy?: readonly string[];
}

/** A share of requests that must be answered well over time; its error budget is what may fail. */
export interface Objective {
  /** e.g. 0.999. */
  readonly target: number;
  /** Selectors of two counters: requests that failed, and all. */
  readonly errors: string;
  readonly total: string;
  readonly source: Source;
}

/** What the alerts of one stack are made of. */
export interface Watched {
  /** Jobs of the product's own metrics; none for one that has no metrics. */
  readonly jobs: readonly string[];
  /** Of one replica. */
  readonly limits: { readonly memoryMb: number; readonly cpus: number };
  /** It answers by https. */
  readonly https: boolean;
  /** Below so many seconds a certificate should have been renewed. */
  readonly renewSeconds: number;
  readonly sources: ReadonlySet<Source>;
  /** The system's own. */
  readonly alerts: readonly Alert[];
  readonly objective: Objective | undefined;
}

/** Where the checkout says what to do about an alert: an annotation of each rule, relative to the checkout. */
export function runbookOf(alert: string): string {
  return `docs/runbooks/${alert}.md`;
}

const unit = { s: 1, m: 60, h: 3600, d: 86_400 } as const;

/** `5m` as seconds. */
export function secondsOf(duration: string): number {
  const [, count = "", letter = ""] = /^(\d+)([smhd])$/.exec(duration) ?? [];
  if (!Object.hasOwn(unit, letter)) throw new Error(`${JSON.stringify(duration)} is no duration such as 5m`);
  return Number(count) * unit[letter as keyof typeof unit];
}
