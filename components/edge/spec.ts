import { type ContainerSpec, type Limits, labelsFor, type Place, resourceName } from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { runPath, socketPath } from "../switch/spec.ts";
import { claimFile, edgeLabel } from "./share.ts";

/**
 * Caddy: TLS for every host name of the system, and for those of the systems that share it. Its config is static: it reloads neither for
 * a release nor for a system that joins or leaves.
 */
export interface EdgeSpec {
  readonly image: string;
  readonly limits: Limits;
  readonly hosts: readonly string[];
  readonly httpsPort: number;
  /** Redirects to https, and answers ACME's HTTP-01; 0 is off. */
  readonly httpPort: number;
  /** Addresses to listen on; empty means all. `local` listens on loopback alone. */
  readonly bind: readonly string[];
  readonly tls: EdgeTls;
}

export type EdgeTls =
  | { readonly mode: "internal"; readonly lifetimeMinutes: number }
  | { readonly mode: "acme"; readonly email: string; readonly ca?: string };

/** Caddy's own CA on its data volume; what a client must trust in mode `internal`. */
export const internalRoot = "/data/caddy/pki/authorities/local/root.crt";
export const edgeDataVolume = "edge-data";
const owner = { uid: 0, gid: 0 };

/**
 * In host networking, because Docker's userland proxy hides the client's address. It runs as root with the single capability to bind a
 * port below 1024: with no-new-privileges a file capability, the other way for another user, is not granted.
 */
export function edgeContainer(place: Place, spec: EdgeSpec): ContainerSpec {
  return {
    name: resourceName(place, "edge"),
    image: spec.image,
    command: ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"],
    env: {},
    user: "0:0",
    mounts: [
      { volume: resourceName(place, edgeDataVolume), path: "/data" },
      { volume: resourceName(place, "edge-config"), path: "/etc/caddy", readOnly: true },
      { volume: resourceName(place, "run"), path: runPath, readOnly: true },
    ],
    tmpfs: ["/config", "/tmp"],
    network: "host",
    labels: {
      ...labelsFor(place, "edge", "part"),
      [edgeLabel.port]: String(spec.httpsPort),
      [edgeLabel.ca]: spec.tls.mode === "internal" ? "internal" : "public",
    },
    limits: spec.limits,
    capabilities: ["NET_BIND_SERVICE"],
    restart: "unless-stopped",
    stopGraceSeconds: 15,
  };
}

export function edgeFiles(spec: EdgeSpec): readonly FileEntry[] {
  return [file("Caddyfile", caddyfile(spec), owner)];
}

/** X-Forwarded-* of clients is dropped: Caddy believes no proxy that it is not told of. `lb_try_duration` bridges a restart of the switch. */
export function caddyfile(spec: EdgeSpec): string {
  return [
    "{",
    "\tadmin off",
    `\thttps_port ${spec.httpsPort}`,
    ...(spec.httpPort > 0 ? [`\thttp_port ${spec.httpPort}`] : ["\tauto_https disable_redirects"]),
    ...(spec.bind.length > 0 ? [`\tdefault_bind ${spec.bind.join(" ")}`] : []),
    "\tskip_install_trust",
    "\ton_demand_tls {",
    `\t\task http://${askAddress(spec)}/`,
    "\t}",
    ...(spec.tls.mode === "acme" ? acmeLines(spec.tls) : renewal(spec.tls)),
    "\tservers {",
    // HTTP/3 would open a UDP port of the same number.
    "\t\tprotocols h1 h2",
    "\t}",
    "}",
    ...spec.hosts.flatMap((host) => site(host, spec)),
    ...sharedSite(spec),
    ...askSite(spec),
    "",
  ].join("\n");
}

function acmeLines(tls: Extract<EdgeTls, { mode: "acme" }>): readonly string[] {
  return [`\temail ${tls.email}`, ...(tls.ca === undefined ? [] : [`\tacme_ca ${tls.ca}`])];
}

/** Looked at ten times within a certificate's life: the usual ten minutes would let a short one run out. */
function renewal({ lifetimeMinutes }: Extract<EdgeTls, { mode: "internal" }>): readonly string[] {
  return lifetimeMinutes < 100 ? [`\trenew_interval ${lifetimeMinutes * 6}s`] : [];
}

function ownCa({ lifetimeMinutes }: Extract<EdgeTls, { mode: "internal" }>): readonly string[] {
  return ["\t\tissuer internal {", `\t\t\tlifetime ${lifetimeMinutes}m`, "\t\t}"];
}

/** A host name of the owner: named, so that its certificate is there before the first request. */
function site(host: string, spec: EdgeSpec): readonly string[] {
  return [
    "",
    `https://${host} {`,
    ...(spec.tls.mode === "internal" ? ["\ttls {", ...ownCa(spec.tls), "\t}"] : []),
    strictTransport,
    ...proxy(socketPath(host)).map((line) => `\t${line}`),
    "}",
  ];
}

/** Every other host name that a system has claimed: its certificate is had at the first request. */
function sharedSite(spec: EdgeSpec): readonly string[] {
  return [
    "",
    "https:// {",
    "\ttls {",
    "\t\ton_demand",
    ...(spec.tls.mode === "internal" ? ownCa(spec.tls) : []),
    "\t}",
    strictTransport,
    // The claim, not the socket, which is gone for a moment while a switch starts again.
    ...fileMatcher("claimed", claimFile("{http.request.host}")),
    "\thandle @claimed {",
    ...proxy(socketPath("{http.request.host}")).map((line) => `\t\t${line}`),
    "\t}",
    "\thandle {",
    "\t\trespond 404",
    "\t}",
    "}",
  ];
}

/** Answers Caddy itself whether a name may have a certificate: only one that a switch listens for. */
function askSite(spec: EdgeSpec): readonly string[] {
  const address = askAddress(spec);
  return [
    "",
    `http://${address} {`,
    `\tbind ${address.split(":")[0]}`,
    ...fileMatcher("served", socketPath("{query.domain}"), "vars_regexp {query.domain} ^[a-z0-9.-]+$"),
    "\trespond @served 200",
    "\trespond 404",
    "}",
  ];
}

/** An address of this host alone that no other edge has: 127.83 and the HTTPS port's two bytes. */
function askAddress({ httpsPort }: EdgeSpec): string {
  return `127.83.${httpsPort >> 8}.${httpsPort & 255}:2019`;
}

function fileMatcher(name: string, path: string, ...further: readonly string[]): readonly string[] {
  return [
    `\t@${name} {`,
    ...further.map((line) => `\t\t${line}`),
    "\t\tfile {",
    `\t\t\troot ${runPath}`,
    `\t\t\ttry_files ${path.slice(runPath.length)}`,
    "\t\t}",
    "\t}",
  ];
}

const strictTransport = '\theader ?Strict-Transport-Security "max-age=31536000"';

function proxy(socket: string): readonly string[] {
  return [
    `reverse_proxy unix/${socket} {`,
    "\tlb_try_duration 10s",
    // (m) After an upgrade that the app refuses HAProxy closes the connection; Caddy sent the next POST into it and answered 502.
    "\ttransport http {",
    "\t\tkeepalive off",
    "\t}",
    "}",
  ];
}
