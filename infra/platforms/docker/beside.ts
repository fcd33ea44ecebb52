import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { Chroma } from "../../../components/chroma/docker.ts";
import type { DockerHost, Part } from "../../../components/container/docker.ts";
import type { Limits } from "../../../components/container/spec.ts";
import { type BesideName, besideNames } from "../../../components/nouns/all.ts";
import { offerOf } from "../../systems/beside.ts";
import { networkName } from "../routes.ts";
import { partLimits } from "../tiers.ts";
import type { On } from "./stores.ts";

interface Args {
  /** Off keeps the data's volume, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly host: DockerHost;
  readonly spec: { readonly image: string; readonly network: string; readonly limits: Limits };
  readonly network: docker.Network;
}

type Placed = pulumi.Resource & { readonly container: Part | undefined };

/** How each goes on a Docker host. */
const classes: Readonly<
  Record<BesideName, new (name: string, args: Args, opts: pulumi.ComponentResourceOptions) => Placed>
> = {
  chroma: Chroma,
};

/** The stores that a system has or can have beside its workloads, by name. */
export function beside({ placement, networks, parent }: On): Readonly<Record<string, Placed>> {
  const { dataHost: host, system, settings, images } = placement;
  const placed = besideNames.flatMap((name) => {
    const { enabled, offered } = offerOf(system, name);
    if (!enabled && offered !== true) return [];
    const limits = partLimits(name, settings.tier);
    const spec = { image: images.parts[name]?.id ?? "", network: networkName(host), limits };
    return [[name, new classes[name](name, { enabled, host, spec, network: networks.private }, { parent })] as const];
  });
  return Object.fromEntries(placed);
}
