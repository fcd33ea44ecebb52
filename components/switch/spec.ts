import { type ContainerSpec, type Limits, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { directory, file } from "../files/spec.ts";
import { journalPath } from "../steps/journal.ts";
import type { FileEntry } from "../steps/runner.ts";

/** HAProxy between edge and app: it finds the serving release by its alias, so a release changes nothing in edge or switch. */
export interface SwitchSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  readonly routes: readonly Route[];
}

/** One host name and the part that answers it. */
export interface Route {
  readonly host: string;
  /** Constant alias of the workload on the private network. */
  readonly alias: string;
  readonly port: number;
}

export const runPath = "/run/slipway";
const owner = { uid: 99, gid: 99 };
const configPath = "/usr/local/etc/haproxy";

/** The socket on which the edge reaches a host name's system. */
export function socketPath(host: string): string {
  return `${runPath}/${host}/http.sock`;
}

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
    network: [{ name: spec.network, aliases: ["switch"] }],
    labels: labelsFor(place, "switch", "part"),
    limits: spec.limits,
    capabilities: [],
    health: {
      test: ["CMD-SHELL", spec.routes.map((route) => `test -S ${socketPath(route.host)}`).join(" && ")],
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

/** HAProxy binds in the directory itself, so it must own it. */
export function socketDirectories(spec: SwitchSpec): readonly FileEntry[] {
  return spec.routes.map((route) => directory(route.host, owner));
}

export function switchFiles(spec: SwitchSpec): readonly FileEntry[] {
  return [file("haproxy.cfg", switchConfig(spec), owner)];
}

/** `init-addr none`: it starts before the app does. `retry-on conn-failure`: a request that reached no server is safe to send again. */
export function switchConfig(spec: SwitchSpec): string {
  return [
    "global",
    "  log stdout format raw local0 info",
    "  maxconn 4096",
    "",
    "resolvers engine",
    "  nameserver docker 127.0.0.11:53",
    "  resolve_retries 2",
    "  timeout resolve 1s",
    "  timeout retry 1s",
    "  hold valid 1s",
    "  hold nx 1s",
    "  hold obsolete 1s",
    "",
    "defaults",
    "  mode http",
    "  log global",
    "  option httplog",
    "  option redispatch 1",
    "  retries 3",
    "  retry-on conn-failure",
    "  timeout connect 1s",
    "  timeout client 75s",
    "  timeout server 75s",
    "  timeout http-request 10s",
    "  timeout queue 10s",
    "  timeout tunnel 1h",
    ...spec.routes.flatMap((route, index) => [
      "",
      `frontend route${index}`,
      `  bind unix@${socketPath(route.host)} mode 666`,
      `  default_backend route${index}`,
      "",
      `backend route${index}`,
      `  server ${route.alias} ${route.alias}:${route.port} check inter 1s fall 2 rise 1 resolvers engine init-addr none`,
    ]),
    "",
  ].join("\n");
}
