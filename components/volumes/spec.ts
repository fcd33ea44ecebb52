import type { Place } from "../container/spec.ts";
import { all } from "../nouns/all.ts";
import type { Kept } from "../nouns/spec.ts";

/** The name of a data volume's part in a generation of the data: the first has the plain name, so that stacks that never restored keep theirs. */
export function dataPart({ generation = 0 }: Pick<Place, "generation">, part: string): string {
  return generation === 0 ? part : `${part}.g${generation}`;
}

/** `redis-data.g2`: `redis-data`. */
export function basePart(volume: string): string {
  return volume.replace(/\.g[1-9]\d*$/, "");
}

/** `redis-data.g2`: 2; 0 for the name that a volume has before the first restore. */
export function generationOf(volume: string): number {
  return Number(/\.g([1-9]\d*)$/.exec(volume)?.[1] ?? 0);
}

/**
 * Which volumes of a stack are whose. A volume knows its stack and its part by label, and labels cannot be added to one that exists: what
 * is data and what is not is told by the part's name.
 */

const volumes: Readonly<Record<string, Kept>> = all("volumes");
const ofParts = Object.entries(volumes);

/** Data volumes of parts that a stack may be without, with the component that has each: type and name are part of its URN. */
export const partData: Readonly<Record<string, { readonly type: string; readonly name: string }>> = Object.fromEntries(
  ofParts.flatMap(([volume, { home }]) => (home === undefined ? [] : [[volume, home]])),
);

/** Stores whose data a restore brings back with those of the workloads; the component that has each, see `partData`. */
export const storeData: Readonly<Record<string, string>> = Object.fromEntries(
  ofParts.flatMap(([volume, { restored }]) => (restored === undefined ? [] : [[volume, restored.of]])),
);

/** Whether a restore gives this volume's data a new generation: those of the workloads, and of the stores. */
export function isGenerational(volume: string): boolean {
  return !isOfPart(volume) || Object.hasOwn(storeData, basePart(volume));
}

/** Whether a part that Slipway puts beside the workloads has this volume, or a release. */
export function isOfPart(volume: string): boolean {
  return Object.hasOwn(volumes, basePart(volume));
}

/**
 * Volumes of the workloads that are on the host, named by an earlier version of the system and by this one not any more. They stay
 * declared: a data volume never goes by an update, and the version that names it finds it again. So do those of earlier generations; a later
 * one is what a restore has begun and not switched to.
 */
export function keptData(
  onHost: readonly string[],
  named: readonly string[],
  { generation = 0 }: Pick<Place, "generation"> = {},
): readonly string[] {
  return onHost
    .filter((volume) => !isOfPart(volume) && !named.includes(volume) && generationOf(volume) <= generation)
    .toSorted();
}

/** Volumes of earlier generations of stores, with the component that has each. */
export function formerStoreData(
  onHost: readonly string[],
  { generation = 0 }: Pick<Place, "generation">,
): readonly { readonly volume: string; readonly owner: string }[] {
  return onHost.toSorted().flatMap((volume) => {
    const owner = storeData[basePart(volume)];
    return owner !== undefined && generationOf(volume) < generation ? [{ volume, owner }] : [];
  });
}
