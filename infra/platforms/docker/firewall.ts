import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { Firewall } from "../../../components/firewall/docker.ts";
import { type Exposure, exposureOf } from "../../../components/firewall/exposure.ts";
import { ollamaPort } from "../../../components/ollama/spec.ts";
import { publicOf } from "../../../components/switch/public.ts";
import type { Settings } from "../../config/settings.ts";
import type { System } from "../../systems/system.ts";
import { partLimits } from "../tiers.ts";
import type { Placement } from "./placement.ts";

/** What a stack opens on its host; pure. */
export function systemExposure(system: Pick<System, "routes" | "tcp" | "ollama">, settings: Settings): Exposure {
  const { edge, firewall, tcp, ollama } = settings;
  const published = publicOf(tcp, system.tcp);
  return exposureOf({
    edge: system.routes.length === 0 || settings.environment === "local" ? [] : edgePorts(edge),
    ssh: firewall.ssh,
    tcp: { ports: published?.listeners.map(({ port }) => port) ?? [], sources: published?.allow ?? [] },
    allow: firewall.allow,
    nativeOllama: system.ollama?.mode === "native" ? (ollama.port ?? ollamaPort) : undefined,
  });
}

/** Those of another stack's edge too: without a firewall of its own nobody else would open them. */
function edgePorts({ httpsPort, httpPort }: Settings["edge"]) {
  return [
    { port: httpsPort, reason: "the edge: https" },
    { port: httpPort, reason: "the edge: redirect to https, and the CA's challenges" },
  ];
}

/** The host's firewall; undefined where config leaves the host's rules to somebody else. */
export function firewall(
  placement: Placement,
  egress: docker.Network | undefined,
  parent: pulumi.Resource,
): Firewall | undefined {
  const { host, settings, system, images, firewallDeviation = "" } = placement;
  const image = images.parts.firewall;
  if (!settings.firewall.enabled) return undefined;
  if (image === undefined) throw new Error("a stack with a firewall has its image");
  const spec = { image: image.id, limits: partLimits("firewall", settings.tier) };
  const exposure = systemExposure(system, settings);
  return new Firewall(
    "firewall",
    { host, spec, exposure, egress: egress?.id, deviation: firewallDeviation },
    { parent },
  );
}
