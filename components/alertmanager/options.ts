import { teams } from "../alerts/spec.ts";
import { choice, decimal, isSafeUrl, secretText, text } from "../options/kinds.ts";
import { mapOf, optional, section, withDefault } from "../options/option.ts";
import { inProduction, type Rule, refuse } from "../options/rule.ts";

/** Whoever knows the URL can post: it is the password. */
const url = secretText((value) => isSafeUrl(value, ["host.docker.internal"]), {
  allowed: "an https URL; http for host.docker.internal only, which is the Docker host itself",
  example: "https://hooks.example.com/services/T0/B0/x1",
  ask: "<webhook URL>",
});

const routingKey = secretText((value) => /^[A-Za-z0-9]{20,64}$/.test(value), {
  allowed: "an integration key of 20 to 64 letters and digits",
  example: "0123456789abcdef0123456789abcdef",
  ask: "<integration key>",
});

const address = text((value) => /^[^\s@,]+@[^\s@,]+\.[^\s@,]+$/.test(value), {
  allowed: "an e-mail address",
  example: "oncall@example.com",
});

const smarthost = text((value) => /^[A-Za-z0-9.-]+:\d{1,5}$/.test(value), {
  allowed: "host:port",
  example: "smtp.example.com:587",
});

const password = secretText((value) => value.length >= 8 && !value.includes("\0"), {
  allowed: "a password of 8 characters or more, not all the same",
  example: "a-Secret-0",
});

/** Who is told of alerts, and how. */
export const alertsOptions = section({
  to: mapOf(
    "Who is told: everybody gets what the team in question has no channel for.",
    choice(["everybody", ...teams]),
    section({
      webhook: optional("URL that gets a POST with Alertmanager's JSON.", url, "none"),
      slack: optional("Incoming webhook of Slack or Mattermost.", url, "none"),
      pagerduty: optional("Integration key of PagerDuty's Events API v2.", routingKey, "none"),
      email: optional("Address that gets a mail; wants alerts.smtp.", address, "none"),
    }),
  ),
  smtp: section({
    host: optional("Mail server, which must know TLS.", smarthost, "none: no mail"),
    from: optional("Sender of the mails.", address, "the address that they go to"),
    username: optional(
      "User at the mail server.",
      text((value) => value !== "" && !/\s/.test(value), { allowed: "a name without spaces", example: "slipway" }),
      "none: no login",
    ),
    password: optional("Password at the mail server.", password, "none: no login"),
  }),
  factor: withDefault(
    "Multiplies every time of rules and routes (`for`, ranges, ages, waits), so that a rehearsal need not wait a day; production refuses it.",
    decimal(0.0001, 1, "times", 1),
    1,
  ),
});

type Alerts = ReturnType<typeof alertsOptions.parse>;

export const alertsRules: readonly Rule<Alerts>[] = [
  refuse(inProduction, "factor", (factor) => factor !== 1, "1: production waits as long as the guides say", 1),
  {
    in: ["local", "staging", "production"],
    allowed: "the mail server as host:port, since somebody is to be told by e-mail",
    breaks: ({ to, smtp }) =>
      smtp.host === undefined && Object.values(to).some(({ email }) => email !== undefined) ? [["smtp", "host"]] : [],
    remedy: () => [{ set: ["smtp", "host"] }],
  },
];
