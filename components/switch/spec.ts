import { createHash } from "node:crypto";
import {
  type ContainerSpec,
  type Limits,
  labelsFor,
  type Place,
  type PublishedPort,
  resourceName,
} from "../container/spec.ts";
import { edgeMetricsFolder, edgeMetricsVolume } from "../edge/metrics.ts";
import { edgeLabel, runVolume } from "../edge/share.ts";
import { journalPath } from "../steps/journal.ts";
import { controlPort, publicPort, type ReadyCheck } from "./names.ts";
import { configPath, runPath, sharedPath, socketPath, socketsAt } from "./paths.ts";

export { metricsPort, runPath, socketPath, statePath } from "./paths.ts";

/** HAProxy between edge and workloads. Its config never changes with a release: Rollout fills its slots at run time, see control.ts. */
export interface SwitchSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  readonly routes: readonly Route[];
  readonly tcp: readonly TcpRoute[];
  /** Raw TCP for users; absent is off. */
  readonly public?: PublicTcp;
  /** Replicas that a backend can have during a release: old and new ones together. */
  readonly slots: number;
  /** How long a request may wait for a release: afterwards it is answered 503. */
  readonly holdSeconds: number;
  /** The stack whose edge it listens for; absent: this stack's own. */
  readonly share?: string;
  /** What a client of a host name may ask for. */
  readonly clients: Clients;
  /** The edge's numbers are had at its port for metrics, see components/edge/metrics.ts. @default not */
  readonly edgeMetrics?: boolean;
}

export interface Clients {
  /** Of one address; 0 is no limit. */
  readonly requestsPerMinute: number;
  /** Largest body, MiB. */
  readonly bodyMb: number;
  /** Time for the body of a request, or the first 15 KiB of it. */
  readonly slowSeconds: number;
}

/** One host name and the workload that answers it. */
export interface Route {
  readonly host: string;
  /** Constant alias of the workload on the front network. */
  readonly alias: string;
  readonly port: number;
  /** Paths, with all below them, that users get 404 for: metrics, diagnostics. @default none */
  readonly private?: readonly string[];
  /** How the switch learns whether a replica is ready. @default it does not ask */
  readonly ready?: ReadyCheck;
}

/** A raw TCP port of a workload. Always open on the front network at `switch:<listen>`; to users only when config says so. */
export interface TcpRoute {
  readonly alias: string;
  readonly port: number;
  readonly listen: number;
}

/**
 * Raw TCP for users: TLS, a list of networks that may connect, off by default (guide 002: its server speaks JSON lines in clear and knows no
 * user). IPv4 only: Docker's IPv6 path ends in its userland proxy, which shows the bridge's address in place of the client's.
 */
export interface PublicTcp {
  /** Address of the host on which the ports are published. */
  readonly bind: string;
  /** IPv4 networks, e.g. `203.0.113.0/24`. */
  readonly allow: readonly string[];
  readonly listeners: readonly {
    /** The route's own port on the front network. */
    readonly listen: number;
    /** The port of the host. */
    readonly port: number;
  }[];
}

export interface PemPair {
  /** The server's certificate and those up to its CA. */
  readonly certificate: string;
  readonly key: string;
}

/** Who HAProxy's image runs as. */
export const switchOwner = { uid: 99, gid: 99 };

/** Who the switch of a stack runs as. Those that share an edge share a volume with others: each has a user of its own, who can touch its sockets alone. */
export function switchUid(place: Place, share: string | undefined): number {
  if (share === undefined) return switchOwner.uid;
  // (m) A number beyond 262,143 does not fit into the six octal digits of a tar header; tar-stream cuts it in silence.
  return 100_000 + (createHash("sha256").update(place.stack).digest().readUInt32BE(0) % 160_000);
}

/** HAProxy of one stack. It publishes only what the system exposes as raw TCP; https comes by a socket of the edge. */
export function switchContainer(place: Place, spec: SwitchSpec): ContainerSpec {
  return {
    name: resourceName(place, "switch"),
    image: spec.image,
    command: ["haproxy", "-W", "-db", "-f", `${configPath}/haproxy.cfg`],
    env: {},
    user: `${switchUid(place, spec.share)}:${switchOwner.gid}`,
    mounts: [
      { volume: resourceName(place, "run"), path: runPath },
      ...(spec.share === undefined ? [] : [{ volume: runVolume(place, spec.share), path: sharedPath }]),
      { volume: resourceName(place, "switch-config"), path: configPath, readOnly: true },
      // Nothing here reads it: a container that runs keeps the journal within reach of preflight, and its volume from a prune.
      { volume: resourceName(place, "journal"), path: journalPath, readOnly: true },
      ...(spec.edgeMetrics === true
        ? [{ volume: resourceName(place, edgeMetricsVolume), path: edgeMetricsFolder, readOnly: true }]
        : []),
    ],
    tmpfs: ["/tmp"],
    network: [
      { name: spec.network, aliases: ["switch"] },
      // (m) A container on an internal network alone publishes nothing: the connection is refused, `docker port` shows none.
      ...(spec.public === undefined ? [] : [{ name: publicNetwork(place), aliases: [] }]),
    ],
    ...(spec.public && { ports: publishedPorts(spec.public) }),
    labels: {
      ...labelsFor(place, "switch", "part"),
      ...(spec.share !== undefined && { [edgeLabel.shares]: spec.share }),
    },
    limits: spec.limits,
    capabilities: [],
    health: {
      test: ["CMD-SHELL", healthTests(spec).join(" && ")],
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

/** A system without host names has no socket that could be looked at: its control port is asked. */
function healthTests(spec: SwitchSpec): readonly string[] {
  if (spec.routes.length === 0) return [`bash -c ': < /dev/tcp/127.0.0.1/${controlPort}'`];
  return spec.routes.map((route) => `test -S ${socketPath(route.host, socketsAt(spec))}`);
}

/** The network by which the ports of raw TCP are published; only where a system exposes any. */
export function publicNetwork(place: Place): string {
  return resourceName(place, "public");
}

function publishedPorts({ bind, listeners }: PublicTcp): readonly PublishedPort[] {
  return listeners.map(({ port }, index) => ({ address: bind, port, inside: publicPort(index) }));
}
