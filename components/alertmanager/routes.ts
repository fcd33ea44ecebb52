import { stringify } from "yaml";
import { scaledSeconds } from "../alerts/scale.ts";
import { type Alert, type Severity, severities, type Team, teams } from "../alerts/spec.ts";

/** How somebody is told; the first three are secrets. */
export interface Channels {
  readonly webhook?: string | undefined;
  readonly slack?: string | undefined;
  readonly pagerduty?: string | undefined;
  readonly email?: string | undefined;
}

export interface Telling {
  readonly to: Readonly<Partial<Record<Team | "everybody", Channels>>>;
  readonly smtp: {
    readonly host?: string | undefined;
    readonly from?: string | undefined;
    readonly username?: string | undefined;
    readonly password?: string | undefined;
  };
  readonly alerts: readonly Alert[];
  /** See `slipway:alerts.factor`. */
  readonly factor: number;
}

/** Seconds: until the first message, until one about what joined, until it is said again. */
const times: Readonly<Record<Severity, { readonly wait: number; readonly more: number; readonly again: number }>> = {
  page: { wait: 10, more: 60, again: 3600 },
  // Within the hour: what belongs together comes together.
  ticket: { wait: 300, more: 1800, again: 86_400 },
  // The group is never empty for long, so that its interval is the day's message.
  digest: { wait: 3600, more: 86_400, again: 86_400 },
};

const pagerdutySeverity = { page: "critical", ticket: "warning", digest: "info" } as const;

/** alertmanager.yml. @param secrets folder in which each channel's secret is a file */
export function alertmanagerConfig(telling: Telling, secrets: string): string {
  const { smtp, factor } = telling;
  const pairs = teams.flatMap((team) => severities.map((severity) => ({ team, severity })));
  const config = {
    global: {
      ...(smtp.host !== undefined && { smtp_smarthost: smtp.host }),
      ...(smtp.from !== undefined && { smtp_from: smtp.from }),
      ...(smtp.username !== undefined && { smtp_auth_username: smtp.username }),
      ...(smtp.password !== undefined && { smtp_auth_password_file: `${secrets}/smtp` }),
    },
    route: {
      receiver: receiverName("oncall", "page"),
      routes: pairs.map(({ team, severity }) => route(team, severity, factor)),
    },
    inhibit_rules: telling.alerts.flatMap(({ name, silencedBy = [] }) =>
      silencedBy.length === 0
        ? []
        : [{ source_matchers: [`alertname=~"${silencedBy.join("|")}"`], target_matchers: [`alertname="${name}"`] }],
    ),
    receivers: pairs.map(({ team, severity }) => receiver(telling, team, severity, secrets)),
  };
  return stringify(config, { lineWidth: 0 });
}

function receiverName(team: Team, severity: Severity): string {
  return `${team}-${severity}`;
}

/** A day's digest is one message; else what has one cause, told by its name, is one. */
function route(team: Team, severity: Severity, factor: number) {
  const { wait, more, again } = times[severity];
  const seconds = (each: number) => `${Math.max(1, scaledSeconds(each, factor))}s`;
  return {
    receiver: receiverName(team, severity),
    matchers: [`team="${team}"`, `severity="${severity}"`],
    group_by: severity === "digest" ? ["stack"] : ["stack", "alertname"],
    group_wait: seconds(wait),
    group_interval: seconds(more),
    repeat_interval: seconds(again),
  };
}

const title = "{{ .Status | toUpper }} {{ .CommonLabels.stack }}: {{ .GroupLabels.alertname }}";
const body = [
  "{{ range .Alerts }}{{ .Annotations.summary }}",
  "{{ .Annotations.description }} ({{ .Annotations.runbook }})",
  "{{ end }}",
].join("\n");

function receiver({ to, smtp }: Telling, team: Team, severity: Severity, secrets: string) {
  const own = to[team];
  const who = own === undefined || Object.values(own).every((each) => each === undefined) ? "everybody" : team;
  const { webhook, slack, pagerduty, email } = to[who] ?? {};
  const resolved = { send_resolved: severity !== "digest" };
  return {
    name: receiverName(team, severity),
    ...(webhook !== undefined && { webhook_configs: [{ ...resolved, url_file: `${secrets}/${who}-webhook` }] }),
    ...(slack !== undefined && {
      slack_configs: [{ ...resolved, api_url_file: `${secrets}/${who}-slack`, title, text: body }],
    }),
    ...(pagerduty !== undefined && {
      pagerduty_configs: [
        {
          ...resolved,
          routing_key_file: `${secrets}/${who}-pagerduty`,
          severity: pagerdutySeverity[severity],
          description: title,
          details: { alerts: body },
        },
      ],
    }),
    ...(email !== undefined && {
      email_configs: [
        {
          ...resolved,
          to: email,
          ...(smtp.from === undefined && { from: email }),
          headers: { Subject: title },
          html: "",
          text: body,
        },
      ],
    }),
  };
}

/** Whether anybody is told of anything: else Alertmanager has nothing to do. */
export function tellsSomebody({ to }: Pick<Telling, "to">): boolean {
  return Object.values(to).some((channels) => Object.values(channels).some((each) => each !== undefined));
}
