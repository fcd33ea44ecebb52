import type { Exposure, OpenPort } from "./exposure.ts";

/**
 * The bit of a packet's mark that says "some stack opens this". A verdict would not do: what one table accepts, the next may still drop, so that the
 * default of one stack would cut the ports of another. Every table first marks what it opens, then every table drops what none has marked.
 * None of the bits of Kubernetes (0xc000), Calico (0xffff0000 unless told otherwise), Tailscale (0xff0000), Weave (0x60000).
 */
const mark = "0x10000000";
const others = "0xefffffff";

/** Each stack has a table of its own, which is replaced and removed as a whole; nobody else's rules are touched. */
export function tableOf(stack: string): string {
  return `slipway_${stack}`;
}

/**
 * The rules of a stack as `nft` reads them. In a table of our own and not in DOCKER-USER: it comes before Docker's chains (priority 0), which can
 * then only deny more; Docker, ufw and firewalld neither flush it nor know it; it holds for IPv4 and IPv6 in one, and beside iptables-legacy.
 * `ct original` is the port that the client asked for: after Docker's DNAT the packet bears the container's.
 * @param bridge the host's end of the network from which containers may reach `inside`, e.g. `br-0123456789ab`
 */
export function rulesOf(stack: string, exposure: Exposure, bridge?: string): string {
  const chains = [
    chain("open", [
      ...exposure.open.flatMap(openRules),
      ...exposure.inside.map(({ port, protocol }) => `iifname "${bridge}" ${protocol} dport ${port} ${marked}`),
    ]),
    hooked("mark_input", "input", -12, ["ct state new jump open"]),
    hooked("mark_forward", "forward", -12, ["ct state new jump open"]),
    hooked("input", "input", -11, [
      // First, so that no change of rules ends a connection that stands, the operator's own for one.
      "ct state established,related accept",
      'iif "lo" accept',
      isMarked,
      "icmp type echo-request accept",
      // Without these IPv6 does not work at all.
      `icmpv6 type { ${neighbours.join(", ")} } accept`,
      // Answers to the host's own DHCP, which come to no connection that the kernel knows.
      "udp sport 67 udp dport 68 accept",
      "ip6 saddr fe80::/10 udp sport 547 udp dport 546 accept",
      "drop",
    ]),
    hooked("forward", "forward", -11, [
      "ct state established,related accept",
      isMarked,
      // Published by Docker, whoever asks.
      "ct status dnat drop",
      'iifname "docker0" accept',
      'iifname "br-*" accept',
      // (m) Docker before 28 takes who routes to a container's own address, also to one that is published on 127.0.0.1 alone.
      'oifname "docker0" drop',
      'oifname "br-*" drop',
    ]),
    // The bit is nobody's afterwards.
    hooked("clear_input", "input", -10, [`meta mark set meta mark & ${others}`]),
    hooked("clear_forward", "forward", -10, [`meta mark set meta mark & ${others}`]),
  ];
  return [`table inet ${tableOf(stack)} {`, ...chains.flat(), "}", ""].join("\n");
}

const marked = `meta mark set meta mark | ${mark}`;
const isMarked = `meta mark & ${mark} == ${mark} accept`;
const neighbours = [
  "echo-request",
  "mld-listener-query",
  "nd-router-solicit",
  "nd-router-advert",
  "nd-neighbor-solicit",
  "nd-neighbor-advert",
];

/** One rule for each network: in one set, two that overlap would be refused. */
function openRules({ port, protocol, sources }: OpenPort): readonly string[] {
  return sources.map((source) => `meta l4proto ${protocol} ct original proto-dst ${port} ${from(source)} ${marked}`);
}

function from(source: string): string {
  if (source === "0.0.0.0/0") return "meta nfproto ipv4";
  if (source === "::/0") return "meta nfproto ipv6";
  return `${source.includes(":") ? "ip6" : "ip"} saddr ${source}`;
}

function hooked(name: string, hook: string, priority: number, rules: readonly string[]): readonly string[] {
  return chain(name, [`type filter hook ${hook} priority ${priority}; policy accept;`, ...rules]);
}

function chain(name: string, rules: readonly string[]): readonly string[] {
  return [`\tchain ${name} {`, ...rules.map((rule) => `\t\t${rule}`), "\t}"];
}
