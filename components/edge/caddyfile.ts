import { createHash } from "node:crypto";
import { runPath, socketPath } from "../switch/spec.ts";
import { metricsSite } from "./metrics.ts";
import { askAddress, certificateLines, certificateRule } from "./own.ts";
import { claimFile } from "./share.ts";
import type { EdgeSpec, EdgeTls } from "./spec.ts";
import { rootsPath } from "./trust.ts";

/**
 * X-Forwarded-* of clients is dropped: Caddy believes no proxy that it is not told of. `lb_try_duration` bridges a restart of the switch.
 * @param token of the certificate's address, for tls.mode own
 */
export function caddyfile(spec: EdgeSpec, token?: string): string {
  const own = spec.tls.mode === "own" ? certificateOf(token) : undefined;
  return [
    "{",
    "\tadmin off",
    `\thttps_port ${spec.httpsPort}`,
    ...(spec.httpPort > 0 ? [`\thttp_port ${spec.httpPort}`] : []),
    ...automatic(spec),
    ...(spec.bind.length > 0 ? [`\tdefault_bind ${spec.bind.join(" ")}`] : []),
    "\tskip_install_trust",
    ...issuing(spec),
    ...servers(spec),
    "}",
    ...spec.hosts.flatMap((host) => site(host, spec, own)),
    ...sharedSite(spec, own),
    ...askSite(spec, own),
    ...(spec.metrics === undefined ? [] : metricsSite(spec.metrics)),
    "",
  ].join("\n");
}

/** Counted is what comes to the users' own port: neither Caddy's questions to itself nor those for the numbers. */
function servers(spec: EdgeSpec): readonly string[] {
  const ours = spec.bind.length === 0 ? [""] : spec.bind;
  const counted = spec.metrics === undefined ? [] : ours.map((address) => `${address}:${spec.httpsPort} `);
  return ["", ...counted].flatMap((address) => [
    `\tservers ${address}{`,
    // HTTP/3 would open a UDP port of the same number.
    "\t\tprotocols h1 h2",
    `\t\tmax_header_size ${spec.clients.headerKb}KiB`,
    "\t\ttimeouts {",
    `\t\t\tread_header ${spec.clients.slowSeconds}s`,
    `\t\t\tread_body ${bodySeconds(spec)}s`,
    "\t\t}",
    ...(address === "" ? [] : ["\t\tmetrics"]),
    "\t}",
  ]);
}

function certificateOf(token: string | undefined): string {
  if (token === undefined) throw new Error("a certificate of one's own needs a token");
  return token;
}

/** (m) Caddy 2.6 asks Let's Encrypt for what `get_certificate` serves all the same, unless it is told not to. */
function automatic({ httpPort, tls }: EdgeSpec): readonly string[] {
  const redirects = httpPort > 0;
  if (tls.mode === "own") return [`\tauto_https ${redirects ? "disable_certs" : "off"}`];
  return redirects ? [] : ["\tauto_https disable_redirects"];
}

function issuing(spec: EdgeSpec): readonly string[] {
  const { tls } = spec;
  if (tls.mode === "own") return [];
  const ask = ["\ton_demand_tls {", `\t\task http://${askAddress(spec)}/`, "\t}"];
  return [...ask, ...(tls.mode === "acme" ? acmeLines(tls) : []), ...renewal(tls.lifetimeMinutes)];
}

function acmeLines({ email, ca, caRoot }: Extract<EdgeTls, { mode: "acme" }>): readonly string[] {
  return [
    `\temail ${email}`,
    ...(ca === undefined ? [] : [`\tacme_ca ${ca}`]),
    // Read at the start alone: other roots must replace the container.
    ...(caRoot === undefined ? [] : [`\t# ${hashOf(caRoot)}`, `\tacme_ca_root ${rootsPath}`]),
  ];
}

function hashOf(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Looked at ten times within a certificate's life: the usual ten minutes would let a short one run out. */
function renewal(lifetimeMinutes = 720): readonly string[] {
  return lifetimeMinutes < 100 ? [`\trenew_interval ${lifetimeMinutes * 6}s`] : [];
}

/** Within `tls`: where a site's certificate comes from; nothing for an ACME CA, which the global options name. */
function source({ tls, httpsPort }: EdgeSpec, own: string | undefined): readonly string[] {
  if (own !== undefined) return certificateLines({ httpsPort }, own);
  if (tls.mode !== "internal") return [];
  return ["\t\tissuer internal {", `\t\t\tlifetime ${tls.lifetimeMinutes}m`, "\t\t}"];
}

/** A host name of the owner: named, so that its certificate is there before the first request. */
function site(host: string, spec: EdgeSpec, own: string | undefined): readonly string[] {
  const lines = source(spec, own);
  return [
    "",
    `https://${host} {`,
    ...(lines.length > 0 ? ["\ttls {", ...lines, "\t}"] : []),
    ...everySite(spec),
    ...proxy(socketPath(host)).map((line) => `\t${line}`),
    "}",
  ];
}

/** Every other host name that a system has claimed: its certificate is had at the first request. */
function sharedSite(spec: EdgeSpec, own: string | undefined): readonly string[] {
  return [
    "",
    "https:// {",
    "\ttls {",
    ...(own === undefined ? ["\t\ton_demand"] : []),
    ...source(spec, own),
    "\t}",
    ...everySite(spec),
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

/** Answers Caddy itself: whether a name may have a certificate, only one that a switch listens for; or with one's own. */
function askSite(spec: EdgeSpec, own: string | undefined): readonly string[] {
  const address = askAddress(spec);
  return ["", `http://${address} {`, `\tbind ${address.split(":")[0]}`, ...answers(own), "}"];
}

const letters = "^[a-z0-9.-]+$";

function answers(own: string | undefined): readonly string[] {
  if (own === undefined) {
    const served = fileMatcher("served", socketPath("{query.domain}"), `vars_regexp {query.domain} ${letters}`);
    return [...served, "\trespond @served 200", "\trespond 404"];
  }
  const name = "{query.server_name}";
  return certificateRule(
    own,
    fileMatcher("claimed", claimFile(name), `path /${own}/*`, `vars_regexp ${name} ${letters}`),
  );
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

/** 256 KiB a second, and the time of the first ones. (m) It ends no answer, be it a stream, and no WebSocket. */
function bodySeconds({ clients }: EdgeSpec): number {
  return clients.slowSeconds + 4 * clients.bodyMb;
}

/** OWASP's headers (guide 001, "Security": on), where the app sends none of its own, and the largest body. */
function everySite({ clients }: EdgeSpec): readonly string[] {
  return [
    '\theader ?Strict-Transport-Security "max-age=31536000"',
    '\theader ?X-Content-Type-Options "nosniff"',
    '\theader ?X-Frame-Options "SAMEORIGIN"',
    '\theader ?Referrer-Policy "strict-origin-when-cross-origin"',
    "\trequest_body {",
    `\t\tmax_size ${clients.bodyMb}MiB`,
    "\t}",
  ];
}

function proxy(socket: string): readonly string[] {
  return [
    `reverse_proxy unix/${socket} {`,
    "\tlb_try_duration 10s",
    // (m) Else Caddy waits for the rest of a body that nobody wants any more before it says so.
    "\t@slow status 408",
    "\thandle_response @slow {",
    "\t\theader Connection close",
    "\t\tcopy_response",
    "\t}",
    // (m) After an upgrade that the app refuses HAProxy closes the connection; Caddy sent the next POST into it and answered 502.
    "\ttransport http {",
    "\t\tkeepalive off",
    "\t}",
    "}",
  ];
}
