import type * as pulumi from "@pulumi/pulumi";
import { ClusterChroma } from "../../../components/chroma/kubernetes.ts";
import type { ClusterPlace } from "../../../components/cluster/resource.ts";
import { type Limits, resourceName } from "../../../components/container/spec.ts";
import { type BesideName, besideNames } from "../../../components/nouns/all.ts";
import { offerOf } from "../../systems/beside.ts";
import { partLimits } from "../tiers.ts";
import { imageOf } from "./names.ts";
import type { InCluster } from "./placement.ts";

interface Args {
  /** Off keeps the data's claim, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly at: ClusterPlace;
  readonly spec: { readonly image: string; readonly network: string; readonly limits: Limits };
}

type Placed = pulumi.Resource & { readonly server: pulumi.Resource | undefined };

/** How each goes into a namespace. */
const classes: Readonly<
  Record<BesideName, new (name: string, args: Args, opts: pulumi.ComponentResourceOptions) => Placed>
> = {
  chroma: ClusterChroma,
};

/** The stores that a system has or can have beside its workloads. */
export function clusterBeside({ placement, at, parent }: InCluster): readonly Placed[] {
  const { system, settings, images } = placement;
  return besideNames.flatMap((name) => {
    const { enabled, offered } = offerOf(system, name);
    if (!enabled && offered !== true) return [];
    const image = images.parts[name];
    const spec = {
      image: image === undefined ? "" : imageOf(image, settings),
      network: resourceName(at.place, "private"),
      limits: partLimits(name, settings.tier),
    };
    return [new classes[name](name, { enabled, at, spec }, { parent })];
  });
}
