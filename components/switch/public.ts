import type { PublicTcp, TcpRoute } from "./spec.ts";

export const pemFile = "tcp.pem";
export const allowFile = "tcp-allow";

export interface PublicSettings {
  readonly public: boolean;
  readonly bind: string;
  readonly port?: number | undefined;
  readonly allow: readonly string[];
}

/** What is published; undefined when nothing is. Only for settings that `publicProblem` has nothing against. */
export function publicOf(settings: PublicSettings, routes: readonly TcpRoute[]): PublicTcp | undefined {
  if (!settings.public) return undefined;
  const listeners = routes.map(({ listen }) => ({ listen, port: settings.port ?? listen }));
  return { bind: settings.bind, allow: settings.allow, listeners };
}

/** Why this system's raw TCP cannot be published so; undefined when it can. */
export function publicProblem(
  settings: PublicSettings,
  system: { readonly title: string; readonly tcp: readonly TcpRoute[] },
  stack: string,
): string | undefined {
  if (!settings.public) return undefined;
  const { title, tcp } = system;
  if (tcp.length === 0)
    return `slipway:tcp.public is true, and ${title} has no raw TCP port that could be published; allowed: false. Mend: pulumi config set --path slipway:tcp.public false --stack ${stack}`;
  if (settings.port !== undefined && tcp.length > 1)
    return `slipway:tcp.port is ${settings.port}, and ${title} has ${tcp.length} raw TCP ports (${tcp.map(({ listen }) => listen).join(", ")}); allowed: none, each is published under its own number. Mend: pulumi config rm --path slipway:tcp.port --stack ${stack}`;
  return undefined;
}

const loopback = /^127\./;

/**
 * The list as HAProxy meets its clients. (m) Who connects to 127.0.0.1 comes by Docker's userland proxy and shows the address of the bridge's
 * gateway; everybody else comes by DNAT and shows their own, who uses the host's other addresses on the host itself too. On IPv4 the gateway
 * therefore stands for the host's loopback alone. It would not where Docker runs with `--iptables=false` or inside a virtual machine (Docker
 * Desktop): there everybody shows the gateway, so publish on 127.0.0.1 there, as `local` does.
 */
export function allowList(allow: readonly string[], gateway: string): string {
  if (gateway === "" && allow.some((network) => loopback.test(network)))
    throw new Error("the loopback may connect, and the gateway of the public network is not known");
  const networks = allow.map((network) => (loopback.test(network) ? `${gateway}/32` : network));
  return [...new Set(networks), ""].join("\n");
}
