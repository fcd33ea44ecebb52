import { shipPortOf } from "../../components/logs/spec.ts";
import { publicOf } from "../../components/switch/public.ts";
import type { Settings } from "../config/settings.ts";
import type { Minimum, System } from "../systems/system.ts";
import type { Protocol } from "./ports.ts";

/** A port of the host that the edge, the switch or the shipper of logs wants, and the option that names it, e.g. `edge.httpsPort`. */
export interface WantedPort {
  readonly option: string;
  readonly port: number;
  /** @default tcp */
  readonly protocol?: Protocol;
}

export interface HeldPort extends WantedPort {
  /** In words. */
  readonly holder: string;
  /** The stack whose edge it is, when it is one. */
  readonly edgeOf?: string;
}

/** A system without https, or behind another stack's edge, wants no port of the host for one. */
export function wantedPorts(
  { routes, tcp }: Pick<System, "routes" | "tcp">,
  settings: Pick<Settings, "edge" | "tcp" | "logs">,
) {
  const { httpsPort, httpPort, tls } = settings.edge;
  const shipped = shipPortOf(settings.logs);
  const published = publicOf(settings.tcp, tcp)?.listeners ?? [];
  const wanted: readonly WantedPort[] = [
    ...(routes.length === 0 || tls.mode === "shared"
      ? []
      : [
          { option: "edge.httpsPort", port: httpsPort },
          { option: "edge.httpPort", port: httpPort },
        ]),
    ...published.map(({ port }) => ({ option: "tcp.port", port })),
    ...(shipped === undefined ? [] : [{ option: "logs.ship.port", port: shipped, protocol: "udp" } as const]),
  ];
  return wanted.filter(({ port }) => port > 0);
}

/** What was read from the host that Docker runs on. */
export interface HostFacts {
  readonly cores: number;
  readonly memoryGb: number;
  /** Free where Docker keeps its data. */
  readonly diskGb: number;
  readonly docker: string;
  /** Wanted ports that somebody else holds, with the holder in words. */
  readonly heldPorts: readonly HeldPort[];
}

export interface Judgement {
  readonly refusals: readonly string[];
  readonly warnings: readonly string[];
  /** Set when an override let a host below the minimum pass; recorded in the stack's outputs. */
  readonly overridden: string | undefined;
}

/** A host below the system's own minimum: warned of on local, refused elsewhere unless a reason is given. A held port is refused everywhere. */
export function judgeHost(
  facts: HostFacts,
  minimum: Minimum,
  options: {
    readonly environment: string;
    readonly stack: string;
    readonly override: string | undefined;
    /** The app's own limit, which Docker refuses when the host has fewer cores. */
    readonly cpus: number;
  },
): Judgement {
  const short = shortcomings(facts, minimum);
  const tooMany =
    options.cpus > facts.cores
      ? [
          `the app may use ${options.cpus} cores, the host has ${facts.cores}: choose a smaller tier with \`pulumi config set slipway:tier small --stack ${options.stack}\`, or \`pulumi config set --path 'slipway:resources.cpus' ${facts.cores} --stack ${options.stack}\``,
        ]
      : [];
  const held = facts.heldPorts.map(
    ({ option, port, protocol, holder, edgeOf }) =>
      `${protocol === "udp" ? "UDP port" : "port"} ${port} of the host is held by ${holder}: ${edgeOf === undefined ? "" : `share it with \`pulumi config set --path 'slipway:edge.share' ${edgeOf} --stack ${options.stack}\`, `}stop it, or choose another with \`pulumi config set --path 'slipway:${option}' ${port > 65_000 ? port - 1 : port + 1} --stack ${options.stack}\``,
  );
  const always = [...held, ...tooMany];
  if (short.length === 0 || options.environment === "local")
    return { refusals: always, warnings: short, overridden: undefined };
  if (options.override !== undefined) return { refusals: always, warnings: short, overridden: options.override };
  const mend = `use a larger host, or accept it with \`pulumi config set --path 'slipway:preflight.override' 'REASON' --stack ${options.stack}\``;
  return { refusals: [...always, ...short.map((each) => `${each}: ${mend}`)], warnings: [], overridden: undefined };
}

function shortcomings(facts: HostFacts, minimum: Minimum): readonly string[] {
  const below = (what: string, have: number, want: number) =>
    have < want ? [`the host has ${have} ${what}, the system's minimum is ${want} (${minimum.guide})`] : [];
  return [
    ...below("cores", facts.cores, minimum.cores),
    ...below("GB of memory", facts.memoryGb, minimum.memoryGb),
    ...below("GB of free disk", facts.diskGb, minimum.diskGb),
    ...(olderThan(facts.docker, minimum.docker)
      ? [`the host runs Docker ${facts.docker}, the system's minimum is ${minimum.docker} (${minimum.guide})`]
      : []),
  ];
}

/** Compares the first two numbers of versions such as `20.10.24+dfsg1`. */
export function olderThan(version: string, minimum: string): boolean {
  const numbers = (text: string) => text.split(".").map((part) => Number.parseInt(part, 10) || 0);
  const [major = 0, minor = 0] = numbers(version);
  const [wantMajor = 0, wantMinor = 0] = numbers(minimum);
  return major < wantMajor || (major === wantMajor && minor < wantMinor);
}
