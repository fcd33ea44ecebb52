/**
 * What a host answers from outside, and what containers may ask of the host: plain data, from which the rules of every platform follow (nftables on
 * a Docker host; network policies of a cluster and security groups of a cloud are to be made of the same).
 */
export interface Exposure {
  /** All else is denied. */
  readonly open: readonly OpenPort[];
  /** Ports of the host itself that the system's own containers with a way out may reach; all else of the host is denied to them. */
  readonly inside: readonly InsidePort[];
}

export interface OpenPort {
  readonly port: number;
  readonly protocol: Protocol;
  /** Networks as `203.0.113.0/24` or `2001:db8::/32`; never empty. */
  readonly sources: readonly string[];
  /** Why, for whoever reads the plan. */
  readonly reason: string;
}

export interface InsidePort {
  readonly port: number;
  readonly protocol: Protocol;
  readonly reason: string;
}

export type Protocol = "tcp" | "udp";

/** The whole internet, by both protocols. */
export const everybody: readonly string[] = ["0.0.0.0/0", "::/0"];

/** From what a stack's exposure follows. */
export interface Exposed {
  /** Ports that the edge listens on for everybody; 0 is none. */
  readonly edge: readonly { readonly port: number; readonly reason: string }[];
  readonly ssh: { readonly port: number; readonly sources: readonly string[] };
  /** Raw TCP that the switch publishes. */
  readonly tcp: { readonly ports: readonly number[]; readonly sources: readonly string[] };
  /** By name. */
  readonly allow: Readonly<Record<string, OpenPort>>;
  /** Port of an Ollama on the host itself; undefined for none. */
  readonly nativeOllama: number | undefined;
}

const loopback = /^(127\.|::1\/)/;

/** In the order in which a reader asks; a port that nobody may reach is not there. */
export function exposureOf({ edge, ssh, tcp, allow, nativeOllama }: Exposed): Exposure {
  const open: readonly OpenPort[] = [
    ...edge.filter(({ port }) => port > 0).map((each) => ({ ...each, protocol: "tcp" as const, sources: everybody })),
    { port: ssh.port, protocol: "tcp", sources: ssh.sources, reason: "ssh" },
    ...tcp.ports.map((port) => ({ port, protocol: "tcp" as const, sources: tcp.sources, reason: "raw TCP" })),
    ...Object.keys(allow)
      .sort()
      .flatMap((name) => allow[name] ?? []),
  ];
  return {
    // Who comes by the loopback is on the host, where nothing is denied.
    open: open
      .map((each) => ({ ...each, sources: each.sources.filter((source) => !loopback.test(source)) }))
      .filter(({ sources }) => sources.length > 0),
    inside: nativeOllama === undefined ? [] : [{ port: nativeOllama, protocol: "tcp", reason: "Ollama on the host" }],
  };
}
