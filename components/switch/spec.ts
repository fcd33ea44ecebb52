import {
  type ContainerSpec,
  type Limits,
  labelsFor,
  type Place,
  type PublishedPort,
  resourceName,
} from "../container/spec.ts";
import { directory, file } from "../files/spec.ts";
import { journalPath } from "../steps/journal.ts";
import type { FileEntry } from "../steps/runner.ts";
import { switchConfig } from "./config.ts";
import { controlPort, publicPort, type ReadyCheck } from "./names.ts";
import { configPath, runPath, socketPath } from "./paths.ts";
import { allowFile, allowList, type PemPair, type PublicTcp, pemFile, pemText } from "./public.ts";

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
}

/** One host name and the workload that answers it. */
export interface Route {
  readonly host: string;
  /** Constant alias of the workload on the private network. */
  readonly alias: string;
  readonly port: number;
  /** Paths, with all below them, that users get 404 for: metrics, diagnostics. @default none */
  readonly private?: readonly string[];
  /** How the switch learns whether a replica is ready. @default it does not ask */
  readonly ready?: ReadyCheck;
}

/** A raw TCP port of a workload. Always open on the private network at `switch:<listen>`; to users only when config says so. */
export interface TcpRoute {
  readonly alias: string;
  readonly port: number;
  readonly listen: number;
}

const owner = { uid: 99, gid: 99 };

export function switchContainer(place: Place, spec: SwitchSpec): ContainerSpec {
  return {
    name: resourceName(place, "switch"),
    image: spec.image,
    command: ["haproxy", "-W", "-db", "-f", `${configPath}/haproxy.cfg`],
    env: {},
    user: `${owner.uid}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, "run"), path: runPath },
      { volume: resourceName(place, "switch-config"), path: configPath, readOnly: true },
      // Nothing here reads it: a container that runs keeps the journal within reach of preflight, and its volume from a prune.
      { volume: resourceName(place, "journal"), path: journalPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [
      { name: spec.network, aliases: ["switch"] },
      // (m) A container on an internal network alone publishes nothing: the connection is refused, `docker port` shows none.
      ...(spec.public === undefined ? [] : [{ name: publicNetwork(place), aliases: [] }]),
    ],
    ...(spec.public && { ports: publishedPorts(spec.public) }),
    labels: labelsFor(place, "switch", "part"),
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
function healthTests({ routes }: SwitchSpec): readonly string[] {
  if (routes.length === 0) return [`bash -c ': < /dev/tcp/127.0.0.1/${controlPort}'`];
  return routes.map((route) => `test -S ${socketPath(route.host)}`);
}

export function publicNetwork(place: Place): string {
  return resourceName(place, "public");
}

function publishedPorts({ bind, listeners }: PublicTcp): readonly PublishedPort[] {
  return listeners.map(({ port }, index) => ({ address: bind, port, inside: publicPort(index) }));
}

/** HAProxy binds in the directory itself, so it must own it. */
export function socketDirectories(spec: SwitchSpec): readonly FileEntry[] {
  return [...spec.routes.map((route) => directory(route.host, owner)), directory("switch-state", owner, 0o700)];
}

/** @param gateway of the network that the public ports are on, see `admitted`; empty where nothing is public */
export function switchFiles(spec: SwitchSpec, gateway = ""): readonly FileEntry[] {
  return [
    file("haproxy.cfg", switchConfig(spec), owner),
    ...(spec.public === undefined ? [] : [file(allowFile, allowList(spec.public.allow, gateway), owner)]),
  ];
}

/** Chain and key in one file, as HAProxy reads them; nobody else may. */
export function certificateFile({ certificate, key }: PemPair): FileEntry {
  return file(pemFile, pemText(certificate, key), owner, 0o400);
}
