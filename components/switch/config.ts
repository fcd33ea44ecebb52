import { edgeMetricsPath, edgeMetricsSocket } from "../edge/metrics.ts";
import { bodyRules, clientTable, rateRules } from "./clients.ts";
import {
  type Backend,
  backendsOf,
  candidateBackend,
  candidatePort,
  controlPort,
  holdServer,
  publicPort,
  type ReadyCheck,
  slotPrefix,
  unsetName,
} from "./names.ts";
import { configPath, metricsPort, socketPath, socketsAt, statePath } from "./paths.ts";
import { privateRules } from "./private-paths.ts";
import { allowFile, pemFile } from "./public.ts";
import type { Route, SwitchSpec } from "./spec.ts";

/** Also the pause between two tries of a held request. */
const connectMs = 500;

/**
 * Slots are empty until Rollout fills them. A request that finds none goes to the backup `hold`, which refuses at once, and is tried again
 * every half second until a slot is ready: that is how requests wait for a release, and raw TCP connections too. Only connections are
 * retried, never a request that a server may have read. The control port is on the container's own loopback: nobody else can reach it.
 */
export function switchConfig(spec: SwitchSpec): string {
  const backends = backendsOf(spec.routes, spec.tcp);
  assertPorts(spec, backends);
  return [
    ...common(spec),
    ...spec.routes.flatMap((route, index) => userFrontend(route, index, spec)),
    ...backends.flatMap((backend) => tcpFrontend(backend)),
    ...publicFrontends(spec, backends),
    ...backends.flatMap((backend) => slotted(backend.name, backend, spec.slots)),
    ...backends.flatMap((backend, index) => candidates(backend, index, spec.slots)),
    ...clientTable(spec.clients),
    ...metricsFrontend(spec),
    "",
  ].join("\n");
}

function metricsFrontend({ edgeMetrics }: SwitchSpec): readonly string[] {
  const front = [
    "",
    "frontend metrics",
    `  bind :${metricsPort}`,
    "  no log",
    "  http-request use-service prometheus-exporter if { path /metrics }",
  ];
  if (edgeMetrics !== true) return [...front, "  http-request return status 404"];
  return [
    ...front,
    `  http-request return status 404 unless { path ${edgeMetricsPath} }`,
    "  default_backend edge-metrics",
    "",
    "backend edge-metrics",
    "  retries 0",
    "  http-request set-path /metrics",
    `  server edge unix@${edgeMetricsSocket}`,
  ];
}

function common({ holdSeconds }: SwitchSpec): readonly string[] {
  return [
    "global",
    "  log stdout format raw local0 info",
    "  maxconn 4096",
    `  stats socket ipv4@127.0.0.1:${controlPort} level admin`,
    `  server-state-file ${statePath}/servers`,
    "",
    "resolvers engine",
    "  nameserver docker 127.0.0.11:53",
    "  resolve_retries 2",
    "  timeout resolve 500ms",
    "  timeout retry 500ms",
    "  hold valid 1s",
    "  hold nx 1s",
    "  hold obsolete 1s",
    "",
    "defaults",
    "  mode http",
    "  log global",
    "  option httplog",
    // A kept connection to a server that stops would lose the next request on it.
    "  option http-server-close",
    "  option redispatch 1",
    `  retries ${Math.ceil((holdSeconds * 1000) / connectMs)}`,
    "  retry-on conn-failure",
    "  load-server-state-from-file global",
    `  timeout connect ${connectMs}ms`,
    "  timeout client 75s",
    "  timeout server 75s",
    "  timeout http-request 10s",
    "  timeout queue 10s",
    "  timeout tunnel 1h",
  ];
}

function userFrontend(route: Route, index: number, spec: SwitchSpec): readonly string[] {
  return [
    "",
    `frontend route${index}`,
    `  bind unix@${socketPath(route.host, socketsAt(spec))} mode 666`,
    ...rateRules(spec.clients),
    ...privateRules(route.private ?? []),
    ...bodyRules(spec.clients),
    `  default_backend ${backendsOf([route])[0]?.name}`,
  ];
}

/** Sessions are long and may say nothing for an hour; `client-fin` closes those whose server has ended while the client does not notice. */
const tcpClient = ["  mode tcp", "  option tcplog", "  timeout client 1h", "  timeout client-fin 10s"];

/** Always open on the front network: workloads that answer users, probes. */
function tcpFrontend({ name, listen }: Backend): readonly string[] {
  if (listen === undefined) return [];
  return ["", `frontend tcp-${listen}`, `  bind :${listen}`, ...tcpClient, `  default_backend ${name}`];
}

/** Who is not on the list is turned away before a byte of TLS; who is has ten seconds for its handshake. */
function publicFrontends({ public: open }: SwitchSpec, backends: readonly Backend[]): readonly string[] {
  return (open?.listeners ?? []).flatMap(({ listen }, index) => [
    "",
    `frontend public-${listen}`,
    `  bind :${publicPort(index)} ssl crt ${configPath}/${pemFile} ssl-min-ver TLSv1.2`,
    ...tcpClient,
    "  timeout client-hs 10s",
    `  tcp-request connection reject unless { src -f ${configPath}/${allowFile} }`,
    `  default_backend ${backends.find((backend) => backend.listen === listen)?.name}`,
  ]);
}

function slotted(name: string, { port, listen, ready }: Backend, slots: number): readonly string[] {
  const server = `${unsetName}:${port} resolvers engine init-addr last,none disabled`;
  return [
    "",
    `backend ${name}`,
    ...(listen === undefined ? [] : ["  mode tcp", "  timeout server 1h"]),
    ...(ready === undefined ? [] : readyLines(ready)),
    `  server ${holdServer} 127.0.0.1:9 backup`,
    `  server-template ${slotPrefix} 1-${slots} ${server}${ready === undefined ? "" : checked(ready)}`,
  ];
}

function readyLines({ path }: ReadyCheck): readonly string[] {
  if (!/^\/[\w.~%/?&=+-]*$/.test(path))
    throw new Error(`readiness path "${path}": allowed are / and letters, digits, . _ ~ - % ? & = + after it`);
  return [
    "  option httpchk",
    `  http-check send meth GET uri ${path} ver HTTP/1.1 hdr Host localhost`,
    "  http-check expect status 200-299",
    "  timeout check 2s",
  ];
}

/** Asked more often while it is not ready or began to fail: requests may be waiting for it. */
function checked({ port }: ReadyCheck): string {
  return ` check port ${port} inter 2s fastinter 500ms downinter 500ms fall 2 rise 1`;
}

/** For Rollout's probes: no user is on the front network. They are sent whatever the replica says of itself. */
function candidates({ name, port, listen }: Backend, index: number, slots: number): readonly string[] {
  return [
    "",
    `frontend ${candidateBackend(name)}`,
    `  bind :${candidatePort(index)}`,
    ...(listen === undefined ? [] : tcpClient),
    `  default_backend ${candidateBackend(name)}`,
    ...slotted(candidateBackend(name), { name, alias: "", port, ...(listen !== undefined && { listen }) }, slots),
  ];
}

/** A mistake in a system's own definition, which HAProxy would say in its log alone. */
function assertPorts({ routes, tcp }: SwitchSpec, backends: readonly Backend[]): void {
  const taken = [controlPort, metricsPort, ...backends.flatMap((_, at) => [candidatePort(at), publicPort(at)])];
  for (const { alias, port, listen } of tcp) {
    const way = `the raw TCP route ${listen} to ${alias}:${port}`;
    if (taken.includes(listen)) throw new Error(`${way}: the switch itself listens on ${listen}; choose another`);
    if (tcp.filter((each) => each.listen === listen).length > 1) throw new Error(`${way}: ${listen} has two routes`);
    if (tcp.filter((each) => each.alias === alias && each.port === port).length > 1)
      throw new Error(`${way}: ${alias}:${port} has two raw TCP routes, one is enough`);
    if (routes.some((route) => route.alias === alias && route.port === port))
      throw new Error(`${way}: a host name leads to ${alias}:${port} already; a port speaks http or raw TCP`);
  }
}
