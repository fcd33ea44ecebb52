import { isIPv4, isIPv6 } from "node:net";
import type { z } from "zod";
import { readSshUrl } from "../../toolchain/ssh/address.ts";
import type { Environment } from "../options/environment.ts";
import { choice, flag, list, port, reason, text } from "../options/kinds.ts";
import { mapOf, optional, required, section, withDefault } from "../options/option.ts";
import { everywhere, inProduction, type Rule } from "../options/rule.ts";
import { everybody } from "./exposure.ts";

const network = text(isNetwork, {
  allowed: "a network such as 203.0.113.0/24 or 2001:db8::/32, or one address with /32 or /128",
  example: "203.0.113.0/24",
});

const networks = list(network, "a list of networks, IPv4 or IPv6");

const why = reason("the cloud's own firewall stands before this host");

const name = text((value) => /^[a-z][a-z0-9-]{0,30}$/.test(value), {
  allowed: "a name of small letters, digits and hyphens",
  example: "metrics",
});

/** What the host answers from outside: the edge's ports, ssh, published raw TCP and what stands here; all else is denied. */
export const firewallOptions = section({
  enabled: optional(
    "Denies what the system does not need, from outside and from its containers to the host; of a Linux host with Docker of its own.",
    flag,
    "true; local false",
  ),
  off: optional("Why production has no firewall: a reason.", why, "none: production refuses to be without one"),
  ssh: section({
    port: optional("Port on which you come to the host by ssh.", port, "that of slipway:host, else 22"),
    sources: optional("Networks that may come by ssh; an empty list is nobody.", networks, "everybody"),
  }),
  allow: mapOf(
    "Further ports of the host.",
    name,
    section({
      port: required("The port that clients ask for, also of what Docker publishes.", port),
      protocol: withDefault("How.", choice(["tcp", "udp"]), "tcp"),
      sources: required("Networks that may.", networks),
      reason: required("Why.", why),
    }),
  ),
});

/** The options with the defaults that depend on others. @param host `slipway:host` */
export function completeFirewall(
  input: z.output<typeof firewallOptions>,
  environment: Environment,
  host: string | undefined,
) {
  const address = host === undefined ? undefined : readSshUrl(host);
  const port = input.ssh.port ?? address?.port ?? 22;
  return {
    ...input,
    enabled: input.enabled ?? environment !== "local",
    ssh: { port, sources: input.ssh.sources ?? [...everybody] },
    bySsh: address !== undefined,
  };
}

function isNetwork(value: string): boolean {
  const [base = "", prefix = "", ...more] = value.split("/");
  if (more.length > 0 || !/^\d{1,3}$/.test(prefix)) return false;
  return (isIPv4(base) && Number(prefix) <= 32) || (isIPv6(base) && Number(prefix) <= 128);
}

type CompleteFirewall = ReturnType<typeof completeFirewall>;

export const firewallRules: readonly Rule<CompleteFirewall>[] = [
  {
    in: inProduction,
    allowed: "true in production, unless firewall.off says why",
    reads: [["off"]],
    breaks: ({ enabled, off }) => (!enabled && off === undefined ? [["enabled"]] : []),
    remedy: () => [{ set: ["enabled"], to: true }, { set: ["off"] }],
  },
  {
    in: everywhere,
    allowed: "only with firewall.enabled false",
    reads: [["enabled"]],
    breaks: ({ enabled, off }) => (enabled && off !== undefined ? [["off"]] : []),
    remedy: (_, broken) => [{ remove: broken }],
  },
  {
    in: everywhere,
    allowed: "at least one network: Slipway itself comes to this stack's host by ssh",
    reads: [["enabled"]],
    breaks: ({ enabled, bySsh, ssh }) => (enabled && bySsh && ssh.sources.length === 0 ? [["ssh", "sources"]] : []),
    remedy: () => [{ set: ["ssh", "sources", 0], to: "203.0.113.0/24" }],
  },
];
