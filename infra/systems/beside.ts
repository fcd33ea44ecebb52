import { type BesideName, besideNames } from "../../components/nouns/all.ts";
import type { Offer } from "../../components/nouns/spec.ts";
import type { System } from "./system.ts";

const none: Offer = { enabled: false };

/** What a system says of a store beside its workloads; one that it does not name it does not have. */
export function offerOf(system: Pick<System, BesideName>, name: BesideName): Offer {
  return system[name] ?? none;
}

/** The stores that a system has beside its workloads. */
export function besideOf(system: Pick<System, BesideName>): readonly BesideName[] {
  return besideNames.filter((name) => offerOf(system, name).enabled);
}
