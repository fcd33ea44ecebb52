import { type Box, boxesOf } from "./box.ts";
import { eachBox } from "./containers.ts";
import { eachFile } from "./files.ts";
import { at, isNetwork, isStep, later, textAt } from "./planned.ts";
import type { Policy } from "./policy.ts";

/** Ports of stores and of the app: behind the switch, whatever is published. */
const inner: ReadonlySet<number> = new Set([5432, 6379, 8000, 8001, 8123, 9090, 9091, 11434, 5001]);
const stores: readonly string[] = ["redis", "postgres", "chroma", "prometheus"];
/** Who speaks with strangers, or knows no password: never where a store is. */
const apart: readonly string[] = ["switch", "prometheus"];
/** Slipway's networks with a way out or in, each for one purpose; see components/app/spec.ts, components/switch/spec.ts, components/logs/spec.ts and infra/platforms/docker/watch.ts. */
const ways = /_(egress|public|watch|ship)$/;

/** Who can be reached from where. */
export const networkPolicies: readonly Policy[] = [
  {
    name: "firewall-in-production",
    level: "mandatory",
    guides: ["001:357", "001:358", "002:613", "002:614"],
    allowed: "in production the host's firewall, which denies what the system does not need",
    mend: "pulumi config set --path slipway:firewall.enabled true",
    kind: "stack",
    judge: (plan) =>
      plan.some(isStep("Firewall"))
        ? []
        : plan
            .filter((each) => isStep("Rollout")(each) && textAt(each.inputs, "environment") === "production")
            .map(({ urn }) => ({ at: "the host", is: "without rules of the firewall", urn })),
  },
  eachBox(
    {
      name: "edge-alone-on-the-host",
      level: "mandatory",
      guides: ["001:317", "002:652"],
      allowed: "host networking for the edge, and for the firewall, which listens on nothing",
      mend: "leave the container on the system's private network; users reach it through edge and switch",
    },
    ({ networkMode, part }) =>
      networkMode === "host" && part !== "edge" && part !== "firewall" ? [["networkMode", "host"]] : [],
  ),
  eachBox(
    {
      name: "nothing-published",
      level: "mandatory",
      guides: ["000:437", "000:438", "000:439", "000:461", "001:358", "002:614", "002:630", "002:652"],
      allowed: "no published port but the switch's raw TCP (slipway:tcp), and never a store's or the app's own",
      mend: "remove the ports; pulumi config set --path slipway:tcp.public true publishes raw TCP with TLS and an allow-list",
    },
    (box) => publishedWrongly(box).map((port) => ["ports", `${port}, which Docker opens past the firewall`]),
  ),
  {
    name: "networks-internal",
    level: "mandatory",
    guides: ["001:317", "002:582", "002:652"],
    allowed: "internal: true; only egress, public, ship and watch, each for its one purpose, lead out or in",
    mend: "internal: true on the network; for a workload that calls the internet egress: true in the system's file",
    kind: "resource",
    judge: (resource) => {
      if (!isNetwork(resource) || at(resource.inputs, "internal") === true) return [];
      const name = at(resource.inputs, "name");
      if (name === later || ways.test(textAt(resource.inputs, "name") ?? "")) return [];
      return [{ at: "internal", is: "false" }];
    },
  },
  eachFile(
    {
      name: "raw-tcp-guarded",
      level: "mandatory",
      guides: ["002:52", "002:613", "002:652"],
      allowed: "published raw TCP with TLS 1.2 or later, and an allow-list that turns others away before the handshake",
      mend: "components/switch/config.ts (publicFrontends) writes it so",
    },
    "haproxy.cfg",
    (text) =>
      text
        .split(/^(?=frontend )/m)
        .filter((block) => block.startsWith("frontend public-"))
        .filter(
          (block) =>
            !/^ *bind .* ssl crt .* ssl-min-ver TLSv1\.[23]\b/m.test(block) ||
            !/^ *tcp-request connection reject unless \{ src -f /m.test(block),
        )
        .map((block) => `without TLS or allow-list in ${block.split("\n", 1)[0]}`),
  ),
  {
    name: "stores-private",
    level: "mandatory",
    guides: ["000:461", "002:582", "002:614", "002:651"],
    allowed: "stores on internal networks alone",
    mend: "take the store off the network; what needs it joins `private`",
    kind: "resource",
    judge: (resource) =>
      boxesOf(resource)
        .filter(({ part }) => stores.includes(part))
        .flatMap(({ networks, at: where }) =>
          networks
            .filter((name) => ways.test(name))
            .map((name) => ({ at: `${where}networksAdvanced`, is: `${name}, which leads out or in` })),
        ),
  },
  eachBox(
    {
      name: "stores-apart",
      level: "mandatory",
      guides: ["002:651", "002:652"],
      allowed: "the switch and Prometheus on no network of a store",
      mend: "say in infra/platforms/docker/peers.ts whom it needs: its networks follow from that",
    },
    ({ part, networks }) =>
      apart.includes(part)
        ? networks
            .filter((name) => /_private$/.test(name))
            .map((name) => ["networksAdvanced", `${name}, where stores are`])
        : [],
  ),
];

function publishedWrongly({ part, published, inside }: Box): readonly string[] {
  // The engine hands it the lines there, and nobody else reaches it.
  if (part === "log-shipper") return published.filter((port) => !port.startsWith("127."));
  return part === "switch" ? published.filter((_, index) => inner.has(inside[index] ?? 0)) : published;
}
