import type { z } from "zod";
import { stackNamePattern } from "../container/spec.ts";
import type { Environment } from "../options/environment.ts";
import { integer, isHostName, port, text } from "../options/kinds.ts";
import { optional, required, section } from "../options/option.ts";
import type { Path } from "../options/path.ts";
import { everywhere, inProduction, type Rule } from "../options/rule.ts";
import type { Secret } from "../options/secret.ts";
import { completeLimits, type EdgeLimits, limitsOptions } from "./limits.options.ts";
import type { FoundEdge } from "./share.ts";
import { letsEncryptStaging, tlsOptions, tlsRules } from "./tls.options.ts";

const hostName = text(isHostName, {
  allowed: "a full host name in lower case, such as tmws.localhost on a laptop",
  example: "tmws.example.com",
  ask: "<host name>",
});

const stackName = text((value) => stackNamePattern.test(value), {
  allowed: "the name of a stack on this host that has an edge of its own",
  example: "local",
  ask: "<stack>",
});

/** The one door to the outside: Caddy on the host's network. */
export const edgeOptions = section({
  domain: required("Host name under which users reach the system.", hostName),
  share: optional("Stack whose edge answers for this one too, on its port.", stackName, "none: an edge of its own"),
  httpsPort: optional("Port for HTTPS.", port, "443; local 8443"),
  httpPort: optional(
    "Port for plain HTTP, which only redirects and answers ACME challenges; 0 switches it off.",
    integer(0, 65535, "", 0),
    "80 with tls.mode acme, else 0",
  ),
  tls: tlsOptions,
  limits: limitsOptions,
});

type EdgeInput = z.output<typeof edgeOptions>;

/** The edge's options with the defaults that depend on the environment; with `share` those of the edge that was found. */
export function completeEdge(input: EdgeInput, environment: Environment, found?: FoundEdge) {
  const { domain, share, httpsPort, httpPort, tls } = input;
  const limits = completeLimits(input.limits, environment);
  // What an ACME CA is asked for on a rehearsal must not spend the limits of the real one.
  const rehearses = environment !== "production";
  if (share !== undefined) {
    const shared = { share, ca: found?.ca, ownersOnly: ownersOptions(input) };
    return {
      domain,
      httpsPort: found?.httpsPort ?? 443,
      httpPort: 0,
      tls: { ...tls, mode: "shared" as const },
      limits,
      rehearses,
      ...shared,
    };
  }
  const mode = tls.mode ?? (environment === "local" ? "internal" : "acme");
  return {
    domain,
    httpsPort: httpsPort ?? (environment === "local" ? 8443 : 443),
    // Port 80 as well: guide 001's firewall rules forget it, and the HTTP-01 challenge comes nowhere else.
    httpPort: httpPort ?? (mode === "acme" ? 80 : 0),
    tls: { ...tls, mode },
    limits,
    rehearses,
    share,
    ca: undefined,
    ownersOnly: [],
  };
}

/** What only the owner of an edge can say. */
function ownersOptions({ httpsPort, httpPort, tls }: EdgeInput): readonly Path[] {
  const given = { httpsPort, httpPort };
  return [
    ...(["httpsPort", "httpPort"] as const).filter((key) => given[key] !== undefined).map((key) => [key]),
    ...Object.entries(tls)
      .filter(([, value]) => value !== undefined)
      .map(([key]) => ["tls", key]),
  ];
}

type CompleteEdge = ReturnType<typeof completeEdge>;

export type Tls =
  | { readonly mode: "internal"; readonly lifetimeMinutes: number }
  /** `ca`: an ACME directory; absent means Let's Encrypt. */
  | {
      readonly mode: "acme";
      readonly email: string;
      readonly ca?: string;
      readonly caRoot?: string;
      readonly lifetimeMinutes?: number;
    }
  | { readonly mode: "own"; readonly certificate: string; readonly key: Secret; readonly caRoot?: string }
  /** The edge of another stack of this host. `ca`: who signs there. */
  | { readonly mode: "shared"; readonly stack: string; readonly ca: FoundEdge["ca"] };

export interface EdgeSettings {
  readonly domain: string;
  readonly httpsPort: number;
  /** 0: no plain HTTP at all. */
  readonly httpPort: number;
  readonly tls: Tls;
  readonly limits: EdgeLimits;
}

/** The options of the edge as its component takes them: one kind of TLS, with what that kind needs. */
export function edgeOf(edge: CompleteEdge): EdgeSettings {
  const { domain, httpsPort, httpPort, limits } = edge;
  return { domain, httpsPort, httpPort, tls: tlsOf(edge), limits };
}

function tlsOf({ tls, share, ca: found, rehearses }: CompleteEdge): Tls {
  const { mode, email, lifetimeMinutes, certificate, key } = tls;
  const ca = tls.ca ?? (rehearses ? letsEncryptStaging : undefined);
  const caRoot = tls.caRoot === undefined ? {} : { caRoot: tls.caRoot };
  switch (mode) {
    case "shared":
      return { mode, stack: share ?? "", ca: found ?? "internal" };
    case "internal":
      return { mode, lifetimeMinutes: lifetimeMinutes ?? 720 };
    case "acme":
      if (email === undefined) break;
      return { mode, email, ...(ca && { ca }), ...caRoot, ...(lifetimeMinutes && { lifetimeMinutes }) };
    case "own":
      if (certificate === undefined || key === undefined) break;
      return { mode, certificate, key, ...caRoot };
  }
  throw new Error("edgeOf needs a config that edgeRules accepted");
}

/** `https://tmws.localhost:8443`: what a browser sends as its origin. */
export function originOf({ domain, httpsPort }: Pick<CompleteEdge, "domain" | "httpsPort">): string {
  return httpsPort === 443 ? `https://${domain}` : `https://${domain}:${httpsPort}`;
}

/** Names of RFC 2606 and RFC 6761, for which no public CA issues. */
const reservedName = /(^|\.)(localhost|test|example|invalid|local|internal|example\.(com|net|org))$/;

export const edgeRules: readonly Rule<CompleteEdge>[] = [
  ...tlsRules,
  {
    in: everywhere,
    allowed: "nothing with edge.share: ports and certificates are those of the stack that owns the edge",
    reads: [["share"]],
    breaks: ({ ownersOnly }) => ownersOnly,
    remedy: (_, broken) => [{ remove: broken }],
  },
  {
    in: inProduction,
    allowed: "in production an edge whose certificates browsers trust: this one's CA is its own, or one for rehearsals",
    breaks: ({ ca }) => (ca === "internal" || ca === "rehearsal" ? [["share"]] : []),
    remedy: () => [{ remove: ["share"] }],
  },
  {
    in: everywhere,
    allowed: "a port other than edge.httpsPort, or 0 for none",
    reads: [["httpsPort"], ["httpPort"]],
    breaks: ({ httpsPort, httpPort }) => (httpsPort === httpPort ? [["httpPort"]] : []),
  },
  {
    in: everywhere,
    allowed: "443, or edge.httpPort 80: a public CA sends its challenges to these ports only",
    reads: [["tls", "mode"], ["tls", "ca"], ["httpPort"]],
    breaks: ({ tls, httpsPort, httpPort }) =>
      tls.mode === "acme" && tls.ca === undefined && httpsPort !== 443 && httpPort !== 80 ? [["httpsPort"]] : [],
    remedy: () => [{ set: ["httpsPort"], to: 443 }],
  },
  {
    in: ["local", "staging"],
    allowed: "with tls.mode acme a public host name: no public CA issues a certificate for this one",
    reads: [
      ["tls", "mode"],
      ["tls", "ca"],
    ],
    breaks: ({ tls, domain }) =>
      tls.mode === "acme" && tls.ca === undefined && reservedName.test(domain) ? [["domain"]] : [],
    remedy: () => [{ set: ["tls", "mode"], to: "internal" }],
  },
  {
    in: inProduction,
    allowed: "in production a public host name, none that is reserved for one machine or for examples",
    breaks: ({ domain }) => (reservedName.test(domain) ? [["domain"]] : []),
  },
];
