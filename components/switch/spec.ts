import { createHash } from "node:crypto";
import { type ContainerSpec, type Limits, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { edgeLabel, runVolume } from "../edge/share.ts";
import { directory, file } from "../files/spec.ts";
import { journalPath } from "../steps/journal.ts";
import type { FileEntry } from "../steps/runner.ts";
import {
  backendsOf,
  candidateBackend,
  candidatePort,
  controlPort,
  holdServer,
  slotPrefix,
  unsetName,
} from "./names.ts";

/** HAProxy between edge and workloads. Its config never changes with a release: Rollout fills its slots at run time, see control.ts. */
export interface SwitchSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  readonly routes: readonly Route[];
  /** Replicas that a backend can have during a release: old and new ones together. */
  readonly slots: number;
  /** How long a request may wait for a release: afterwards it is answered 503. */
  readonly holdSeconds: number;
  /** The stack whose edge it listens for; absent: this stack's own. */
  readonly share?: string;
}

/** One host name and the workload that answers it. */
export interface Route {
  readonly host: string;
  /** Constant alias of the workload on the private network. */
  readonly alias: string;
  readonly port: number;
  /** Paths, with all below them, that users get 404 for: metrics, diagnostics. @default none */
  readonly private?: readonly string[];
}

/** A raw TCP port of a workload. Always open on the private network at `switch:<listen>`; to users only when config says so. */
export interface TcpRoute {
  readonly alias: string;
  readonly port: number;
  readonly listen: number;
}

export const runPath = "/run/slipway";
export const metricsPort = 8405;
const owner = { uid: 99, gid: 99 };
const configPath = "/usr/local/etc/haproxy";
/** The runtime state's own directory: HAProxy forgets what its runtime API was told when it restarts. */
export const statePath = `${runPath}/switch-state`;
/** Also the pause between two tries of a held request. */
const connectMs = 500;

/** Where a switch sees the sockets of an edge that is another stack's; its own state stays in its own volume. */
const sharedPath = `${runPath}/shared`;

/** The socket on which the edge reaches a host name's system. @param at where its volume is mounted */
export function socketPath(host: string, at: string = runPath): string {
  return `${at}/${host}/http.sock`;
}

function socketsAt({ share }: SwitchSpec): string {
  return share === undefined ? runPath : sharedPath;
}

/** Who the switch of a stack runs as. Those that share an edge share a volume with others: each has a user of its own, who can touch its sockets alone. */
export function switchUid(place: Place, share: string | undefined): number {
  if (share === undefined) return owner.uid;
  // (m) A number beyond 262,143 does not fit into the six octal digits of a tar header; tar-stream cuts it in silence.
  return 100_000 + (createHash("sha256").update(place.stack).digest().readUInt32BE(0) % 160_000);
}

export function switchContainer(place: Place, spec: SwitchSpec): ContainerSpec {
  return {
    name: resourceName(place, "switch"),
    image: spec.image,
    command: ["haproxy", "-W", "-db", "-f", `${configPath}/haproxy.cfg`],
    env: {},
    user: `${switchUid(place, spec.share)}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, "run"), path: runPath },
      ...(spec.share === undefined ? [] : [{ volume: runVolume(place, spec.share), path: sharedPath }]),
      { volume: resourceName(place, "switch-config"), path: configPath, readOnly: true },
      // Nothing here reads it: a container that runs keeps the journal within reach of preflight, and its volume from a prune.
      { volume: resourceName(place, "journal"), path: journalPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [{ name: spec.network, aliases: ["switch"] }],
    labels: {
      ...labelsFor(place, "switch", "part"),
      ...(spec.share !== undefined && { [edgeLabel.shares]: spec.share }),
    },
    limits: spec.limits,
    capabilities: [],
    health: {
      test: [
        "CMD-SHELL",
        spec.routes.map((route) => `test -S ${socketPath(route.host, socketsAt(spec))}`).join(" && "),
      ],
      intervalSeconds: 10,
      timeoutSeconds: 3,
      startPeriodSeconds: 5,
      retries: 3,
    },
    restart: "unless-stopped",
    stopGraceSeconds: 15,
    stopSignal: "SIGUSR1",
  };
}

export function stateDirectory(place: Place, { share }: SwitchSpec): readonly FileEntry[] {
  return [directory("switch-state", { uid: switchUid(place, share), gid: owner.gid }, 0o700)];
}

export function switchFiles(spec: SwitchSpec): readonly FileEntry[] {
  return [file("haproxy.cfg", switchConfig(spec), owner)];
}

/**
 * Slots are empty until Rollout fills them. A request that finds none goes to the backup `hold`, which refuses at once, and is tried again
 * every half second until a slot is ready: that is how requests wait for a release. Only connections are retried, never a request that a
 * server may have read. The control port is on the container's own loopback: nobody else can reach it.
 */
export function switchConfig(spec: SwitchSpec): string {
  const backends = backendsOf(spec.routes);
  const server = `${unsetName}:{port} resolvers engine init-addr last,none disabled`;
  const backend = (name: string, port: number, slots: number) => [
    "",
    `backend ${name}`,
    `  server ${holdServer} 127.0.0.1:9 backup`,
    `  server-template ${slotPrefix} 1-${slots} ${server.replace("{port}", String(port))}`,
  ];
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
    `  retries ${Math.ceil((spec.holdSeconds * 1000) / connectMs)}`,
    "  retry-on conn-failure",
    "  load-server-state-from-file global",
    `  timeout connect ${connectMs}ms`,
    "  timeout client 75s",
    "  timeout server 75s",
    "  timeout http-request 10s",
    "  timeout queue 10s",
    "  timeout tunnel 1h",
    ...spec.routes.flatMap((route, index) => [
      "",
      `frontend route${index}`,
      `  bind unix@${socketPath(route.host, socketsAt(spec))} mode 666`,
      `  default_backend ${backendsOf([route])[0]?.name}`,
    ]),
    ...backends.flatMap(({ name, port }) => backend(name, port, spec.slots)),
    ...backends.flatMap(({ name, port }, index) => [
      "",
      // For Rollout's probes: no user is on the private network.
      `frontend ${candidateBackend(name)}`,
      `  bind :${candidatePort(index)}`,
      `  default_backend ${candidateBackend(name)}`,
      ...backend(candidateBackend(name), port, spec.slots),
    ]),
    "",
    "frontend metrics",
    `  bind :${metricsPort}`,
    "  no log",
    "  http-request use-service prometheus-exporter if { path /metrics }",
    "  http-request return status 404",
    "",
  ].join("\n");
}
