import { Beside } from "../../../components/beside/docker.ts";
import { besideNames } from "../../../components/nouns/all.ts";
import { offerOf } from "../../systems/beside.ts";
import { networkName } from "../routes.ts";
import { partLimits } from "../tiers.ts";
import type { On } from "./stores.ts";

/** The stores that a system has or can have beside its workloads, by name. */
export function beside({ placement, networks, parent }: On): Readonly<Record<string, Beside>> {
  const { dataHost: host, system, settings, images } = placement;
  const placed = besideNames.flatMap((name) => {
    const { enabled, offered } = offerOf(system, name);
    if (!enabled && offered !== true) return [];
    const limits = partLimits(name, settings.tier);
    const spec = { image: images.parts[name]?.id ?? "", network: networkName(host), limits };
    return [[name, new Beside(name, { enabled, host, spec, network: networks.private }, { parent })] as const];
  });
  return Object.fromEntries(placed);
}
