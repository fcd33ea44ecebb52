import { ClusterBeside } from "../../../components/beside/kubernetes.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { besideNames } from "../../../components/nouns/all.ts";
import { offerOf } from "../../systems/beside.ts";
import { partLimits } from "../tiers.ts";
import { imageOf } from "./names.ts";
import type { InCluster } from "./placement.ts";

/** The stores that a system has or can have beside its workloads, in a namespace. */
export function clusterBeside({ placement, at, parent }: InCluster): readonly ClusterBeside[] {
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
    return [new ClusterBeside(name, { enabled, at, spec }, { parent })];
  });
}
