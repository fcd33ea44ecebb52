import { switchJob } from "../switch/names.ts";
import { graph, limited, now, perSecond, share, value } from "./panels.ts";
import { exported } from "./parts.ts";
import type { Dashboard, Marker, Row } from "./spec.ts";

/** What a stack has to be looked at. */
export interface Watched {
  /** System's name, which uids begin with. */
  readonly name: string;
  readonly title: string;
  /** Backends of the switch, e.g. `app-8000`. */
  readonly http: readonly string[];
  readonly tcp: readonly string[];
  /** Whom Prometheus scrapes: who is not scraped has no panels. */
  readonly jobs: readonly string[];
}

/** Of the users' own frontends: candidates are tried on others. */
const users = `job="${switchJob}",proxy=~"route.*"`;
const clients = `job="${switchJob}",proxy=~"(tcp|public)-.*"`;
const responses = (further = "") => `haproxy_frontend_http_responses_total{${users}${further}}`;

/** The golden signals of any system, as the switch sees them: it stands before every workload, also before one without metrics. */
export function overview(watched: Watched): Dashboard {
  return {
    uid: uidOf(watched.name, "overview"),
    title: `${watched.title}: overview`,
    about: "Golden signals from the switch, which every request goes through, and the parts behind it.",
    rows: [
      ...(watched.http.length > 0 ? [requests(watched.http)] : []),
      ...(watched.tcp.length > 0 ? [connections()] : []),
      saturation([...watched.http, ...watched.tcp]),
      ...exported(watched.jobs),
      watching(),
    ],
    markers: markersOf([...watched.http, ...watched.tcp]),
  };
}

/** `slipway-tmws-overview`. */
export function uidOf(system: string, dashboard: string): string {
  return `slipway-${system}-${dashboard}`.slice(0, 40);
}

/**
 * A release opens slots of the switch that were empty: a server that was not there fifteen seconds ago is a moment to mark, if the switch
 * itself was. A replica that fails and comes back has kept its slot, and is no release.
 */
export function markersOf(backends: readonly string[]): readonly Marker[] {
  const servers = `haproxy_server_status{job="${switchJob}",server=~"slot.*",state="UP",${oneOf(backends)}}`;
  const before = "offset 15s";
  return [
    {
      name: "release",
      promql: `count by (proxy) (${servers} unless ${servers} ${before}) and on () (max(up{job="${switchJob}"} ${before}) == 1)`,
    },
  ];
}

function oneOf(backends: readonly string[]): string {
  return `proxy=~"${backends.join("|")}"`;
}

function requests(backends: readonly string[]): Row {
  const of = `job="${switchJob}",${oneOf(backends)}`;
  return {
    title: "Requests",
    panels: [
      graph("Requests by status", "Answers that users got, by the class of their status.", "per second", {
        ...perSecond(responses(), ["code"]),
      }),
      limited(
        graph(
          "Error ratio",
          'Part of the answers that are 5xx. Guide 004, "When to Rollback": above 1 %; guide 001, "Performance Metrics": above 5 % is critical.',
          "ratio",
          share(responses(',code="5xx"'), responses(), "5xx"),
        ),
        0.05,
        0.01,
      ),
      graph(
        "Time to answer",
        "HAProxy's average of the last 1,024 requests: from the request's delivery to the answer's first byte, and with all that it waited at the switch.",
        "seconds",
        now(`haproxy_backend_response_time_average_seconds{${of}}`, "{{proxy}}"),
        now(`haproxy_backend_total_time_average_seconds{${of}}`, "{{proxy}}, whole"),
      ),
      value(
        "Requests of the last hour",
        "Answers that users got.",
        "number",
        now(`sum(increase(${responses()}[1h]))`, "requests"),
      ),
      graph(
        "Bytes",
        "What users sent, and what they got.",
        "bytes per second",
        { ...perSecond(`haproxy_frontend_bytes_in_total{${users}}`), legend: "in" },
        { ...perSecond(`haproxy_frontend_bytes_out_total{${users}}`), legend: "out" },
      ),
    ],
  };
}

function connections(): Row {
  return {
    title: "Connections",
    panels: [
      graph("New connections", "Clients of raw TCP that connected.", "per second", {
        ...perSecond(`haproxy_frontend_sessions_total{${clients}}`, ["proxy"]),
      }),
      graph(
        "Open connections",
        "Clients of raw TCP that are connected.",
        "number",
        now(`sum by (proxy) (haproxy_frontend_current_sessions{${clients}})`, "{{proxy}}"),
      ),
      graph(
        "Bytes of connections",
        "What clients of raw TCP sent, and what they got.",
        "bytes per second",
        { ...perSecond(`haproxy_frontend_bytes_in_total{${clients}}`), legend: "in" },
        { ...perSecond(`haproxy_frontend_bytes_out_total{${clients}}`), legend: "out" },
      ),
    ],
  };
}

function saturation(backends: readonly string[]): Row {
  const of = `job="${switchJob}",${oneOf(backends)}`;
  const process = (metric: string) => `haproxy_process_${metric}{job="${switchJob}"}`;
  return {
    title: "Saturation",
    panels: [
      limited(
        graph(
          "Switch",
          "How much of what the switch can take is taken: of its time and of its connections.",
          "ratio",
          now(`1 - min(${process("idle_time_percent")}) / 100`, "busy"),
          now(`max(${process("current_connections")} / ${process("max_connections")})`, "connections"),
        ),
        0.9,
        0.8,
      ),
      graph(
        "Replicas that serve",
        "Servers that the switch gives requests to.",
        "number",
        now(`sum by (proxy) (haproxy_server_status{${of},server=~"slot.*",state="UP"})`, "{{proxy}}"),
      ),
      graph(
        "Requests that wait",
        "No server could take them yet: during a release that is meant, else it is not.",
        "number",
        now(`sum by (proxy) (haproxy_backend_current_queue{${of}})`, "{{proxy}}, in the queue"),
        {
          ...perSecond(`haproxy_backend_retry_warnings_total{${of}}`, ["proxy"]),
          legend: "{{proxy}}, tries a second",
        },
      ),
    ],
  };
}

/** What watching itself costs. */
function watching(): Row {
  const own = '{job="prometheus"}';
  return {
    title: "Prometheus",
    panels: [
      graph(
        "Who answers",
        "1 for each container whose metrics could be had.",
        "number",
        now("min by (job) (up)", "{{job}}"),
      ),
      graph(
        "Memory of Prometheus",
        "What its process has in memory.",
        "bytes",
        now(`process_resident_memory_bytes${own}`, "resident"),
      ),
      graph("Samples", "How fast it learns.", "per second", {
        ...perSecond(`prometheus_tsdb_head_samples_appended_total${own}`),
      }),
      graph(
        "Series",
        "How many different things it follows at a time.",
        "number",
        now(`prometheus_tsdb_head_series${own}`, "series"),
      ),
    ],
  };
}
