import type { Profile } from "../exporters/options.ts";
import { choice, flag, integer, port, secretText, text } from "../options/kinds.ts";
import { optional, section } from "../options/option.ts";
import { everywhere, type Remedy, type Rule } from "../options/rule.ts";
import { receivers } from "./receivers.ts";

const url = text((value) => /^(https?|tcp|tls|udp):\/\/[^\s@?#/]+(\/[^\s?#@]*)?$/.test(value) && URL.canParse(value), {
  allowed: "an http or https URL, or for syslog tls://, tcp:// or udp:// with host and port, without a user in it",
  example: "https://loki.example.com",
  ask: "<URL of the receiver>",
});

const token = secretText((value) => value.length >= 8 && !/\s/.test(value), {
  allowed: "a token, key or password of 8 characters or more without spaces, not all the same",
  example: "a-Token-0",
});

const user = text((value) => /^[^\s:]+$/.test(value), {
  allowed: "a name without spaces and colons",
  example: "slipway",
});

/** How long what workloads print is kept on the host, and where it goes too; all else keeps 10 MB three times. */
export const logsOptions = section({
  megabytes: optional(
    "Size at which a workload's log goes on in a new file.",
    integer(1, 1000, "MB", 10),
    '10, see guide 001, "Log persistence"',
  ),
  files: optional(
    "Log files that are kept of each workload's container, the newest among them.",
    integer(2, 365, "files", 30),
    '3; aidis 30 (guide 002, "Log Directory Setup": daily, 30 files)',
  ),
  count: optional(
    "Whether lines that the system's patterns match are counted for Prometheus and alerts, by the container that ships. The first one to be turned on of it and logs.ship replaces every container of the stack once.",
    flag,
    "true where lines are shipped, watch.profile is full and Prometheus runs; else false",
  ),
  ship: section({
    to: optional("What takes every line of every container, as it is printed.", choice(receivers), "nobody"),
    url: optional(
      "Where it is: the base of Loki's, Elasticsearch's, Splunk HEC's, CloudWatch Logs' or an OTLP server's URL, Datadog's OTLP endpoint, a syslog server.",
      url,
      "none; wanted with logs.ship.to",
    ),
    user: optional(
      "User there, for loki, elasticsearch and otlp; for cloudwatch the access key id.",
      user,
      "none; cloudwatch: the role of the machine",
    ),
    token: optional(
      "The user's password or secret key; without a user the bearer token (loki, otlp), API key (elasticsearch, datadog) or HEC token (splunk).",
      token,
      "none",
    ),
    port: optional(
      "UDP port of the host's loopback at which the shipper gets the lines; each stack of a host that ships or counts has its own.",
      port,
      "5514",
    ),
  }),
});

type Logs = ReturnType<typeof logsOptions.parse>;

/** Counting costs nothing more where lines are shipped anyway; elsewhere it is asked for. */
export function completeLogs(logs: Logs, on: { readonly profile: Profile; readonly prometheus: boolean }) {
  return { ...logs, count: logs.count ?? (logs.ship.to !== undefined && on.profile === "full" && on.prometheus) };
}

/** Of the whole config: nobody would ask for the numbers. */
export const countRule: Rule<{
  readonly logs: { readonly count: boolean };
  readonly prometheus: { readonly enabled: boolean };
}> = {
  in: everywhere,
  allowed: "false without Prometheus, which asks for the numbers",
  breaks: ({ logs, prometheus }) => (logs.count && !prometheus.enabled ? [["logs", "count"]] : []),
  remedy: (_, path) => [{ remove: path }],
};

const tokened: readonly string[] = ["splunk", "datadog"];
const isPlain = (address: string) =>
  /^(http|tcp|udp):\/\//.test(address) && !/^\w+:\/\/(localhost|127\.|host\.docker\.internal)/.test(address);

/** One that the receiver takes and that nobody reads on the way. */
const safeUrl = ({ ship: { to } }: Logs): readonly Remedy[] => [
  { set: ["ship", "url"], to: to === "syslog" ? "tls://logs.example.com:6514" : "https://logs.example.com" },
];

export const logsRules: readonly Rule<Logs>[] = [
  {
    in: everywhere,
    allowed: "with logs.ship.to the receiver's URL",
    breaks: ({ ship }) => (ship.to !== undefined && ship.url === undefined ? [["ship", "url"]] : []),
  },
  {
    in: everywhere,
    allowed: "tls://, tcp:// or udp:// with a port for syslog, an http or https URL for all others",
    breaks: ({ ship: { to, url: address } }) => {
      if (to === undefined || address === undefined) return [];
      const fits = to === "syslog" ? /^(tls|tcp|udp):\/\/[^/]+:\d+$/ : /^https?:/;
      return fits.test(address) ? [] : [["ship", "url"]];
    },
    remedy: safeUrl,
  },
  {
    in: everywhere,
    allowed: "with splunk and datadog their token",
    breaks: ({ ship: { to, token: given } }) =>
      to !== undefined && tokened.includes(to) && given === undefined ? [["ship", "token"]] : [],
  },
  {
    in: everywhere,
    allowed: "with a user its password or key",
    breaks: ({ ship: { user: name, token: given } }) =>
      name !== undefined && given === undefined ? [["ship", "token"]] : [],
  },
  {
    in: ["staging", "production"],
    allowed: "https or tls: lines and the token go over the network",
    breaks: ({ ship: { url: address } }) => (address !== undefined && isPlain(address) ? [["ship", "url"]] : []),
    remedy: safeUrl,
  },
];
