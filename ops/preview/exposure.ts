import { isRecord } from "../../components/options/path.ts";
import { type Change, inner, type Values } from "./steps.ts";

/** Networks that are the whole internet; Docker publishes to it where no address is said. */
const everyone: readonly unknown[] = ["0.0.0.0/0", "::/0", "0.0.0.0", "::", "", undefined];

/** Ports that a change opens to everyone and that were not open before: of a container, or of a rule of a cloud's firewall. */
export function exposures({ name, before, after }: Change): readonly string[] {
  const known = openPorts(before);
  const opened = openPorts(after).filter((port) => !known.includes(port));
  const joins = isHost(after) && !isHost(before);
  return [
    ...[...new Set(opened)].map((port) => `opens ${port} to everyone`),
    ...(joins ? [`puts \`${name}\` on the host's own network: every port that it listens on is the host's`] : []),
  ];
}

function isHost(values: Values): boolean {
  return values["networkMode"] === "host";
}

function openPorts(values: Values): readonly string[] {
  return [
    ...records(values["ports"])
      .filter(({ ip, external }) => external !== undefined && everyone.includes(ip))
      .map(({ external }) => `port ${String(external)}`),
    ...["ingress", "ingressRules"].flatMap((key) => records(values[key])).flatMap(portsOfRule),
    // Of the host's own firewall.
    ...records(inner(values, "exposure", "open"))
      .filter(isForEveryone)
      .map(portOf),
    // A rule that is a resource of its own: SecurityGroupRule, SecurityGroupIngressRule.
    ...(values["type"] !== "egress" ? portsOfRule(values) : []),
  ];
}

function isForEveryone({ sources }: Values): boolean {
  return Array.isArray(sources) && sources.some((one: unknown) => everyone.includes(one));
}

function portOf({ port, protocol }: Values): string {
  return `port ${String(port)}${protocol === "udp" ? " (UDP)" : ""}`;
}

function portsOfRule(rule: Values): readonly string[] {
  const networks = [
    rule["cidrBlocks"],
    rule["ipv6CidrBlocks"],
    rule["cidrIpv4"],
    rule["cidrIpv6"],
    rule["sourceRanges"],
  ].flat();
  if (!networks.some((one) => one !== undefined && one !== "" && everyone.includes(one))) return [];
  const { fromPort, toPort } = rule;
  if (fromPort === undefined || fromPort === -1) return ["every port"];
  return [fromPort === toPort ? `port ${String(fromPort)}` : `ports ${String(fromPort)} to ${String(toPort)}`];
}

function records(value: unknown): readonly Values[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}
