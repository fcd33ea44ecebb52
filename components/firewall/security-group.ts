import { isIPv6 } from "node:net";
import type { Exposure, OpenPort } from "./exposure.ts";

/** A rule of a security group, one for each network. */
export interface GroupRule {
  readonly name: string;
  readonly ipProtocol: "tcp" | "udp";
  readonly fromPort: number;
  readonly toPort: number;
  readonly description: string;
  readonly cidrIpv4?: string;
  readonly cidrIpv6?: string;
}

/** The same ports that the host's own firewall opens, but ssh: that comes through Session Manager, which the host itself calls. */
export function ingressOf({ open }: Exposure, sshPort: number): readonly GroupRule[] {
  return open
    .filter((each) => !isSsh(each, sshPort))
    .flatMap((each) => each.sources.map((source) => ruleOf(each, source)));
}

function isSsh({ port, protocol, reason }: OpenPort, sshPort: number): boolean {
  return port === sshPort && protocol === "tcp" && reason === "ssh";
}

function ruleOf({ port, protocol, reason }: OpenPort, source: string): GroupRule {
  return {
    name: `${protocol}-${port}-from-${source.replace(/[^0-9a-f]+/g, "-")}`,
    ipProtocol: protocol,
    fromPort: port,
    toPort: port,
    // AWS takes no other letters.
    description: reason.replace(/[^A-Za-z0-9. _\-:/()#,@[\]+=&;{}!$*]/g, "").slice(0, 255),
    ...(isIPv6(source.split("/")[0] ?? "") ? { cidrIpv6: source } : { cidrIpv4: source }),
  };
}
