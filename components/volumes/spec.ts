import type { Place } from "../container/spec.ts";

/** The name of a data volume's part in a generation of the data: the first has the plain name, so that stacks that never restored keep theirs. */
export function dataPart({ generation = 0 }: Pick<Place, "generation">, part: string): string {
  return generation === 0 ? part : `${part}.g${generation}`;
}

/** `redis-data.g2`: `redis-data`. */
export function basePart(volume: string): string {
  return volume.replace(/\.g[1-9]\d*$/, "");
}

export function generationOf(volume: string): number {
  return Number(/\.g([1-9]\d*)$/.exec(volume)?.[1] ?? 0);
}

/**
 * Which volumes of a stack are whose. A volume knows its stack and its part by label, and labels cannot be added to one that exists: what
 * is data and what is not is told by the part's name.
 */

/** Data volumes of parts that a stack may be without, with the component that has each: type and name are part of its URN. */
export const partData: Readonly<Record<string, { readonly type: string; readonly name: string }>> = {
  archive: { type: "slipway:docker:Archive", name: "archive" },
  "chroma-data": { type: "slipway:docker:Chroma", name: "chroma" },
  "edge-data": { type: "slipway:docker:Edge", name: "edge" },
  "ollama-data": { type: "slipway:docker:Ollama", name: "ollama" },
};

/** Stores whose data a restore brings back with those of the workloads; the component that has each, see `partData`. */
export const storeData: Readonly<Record<string, string>> = {
  "chroma-data": "chroma",
  "postgres-data": "postgres",
  "redis-data": "redis",
};

/** Whether a restore gives this volume's data a new generation: those of the workloads, and of the stores. */
export function isGenerational(volume: string): boolean {
  return !isOfPart(volume) || Object.hasOwn(storeData, basePart(volume));
}

/** Volumes of the parts that Slipway puts beside the workloads, and of the releases. */
const ofParts: ReadonlySet<string> = new Set([
  ...Object.keys(partData),
  "alertmanager-config",
  "alertmanager-data",
  "archive-config",
  "archive-notes",
  "backups",
  "blackbox-exporter-config",
  "edge-config",
  "edge-run",
  "firewall",
  "journal",
  "log-shipper-config",
  "postgres-config",
  "postgres-data",
  "postgres-exporter-config",
  "prometheus-config",
  "prometheus-data",
  "redis-config",
  "redis-data",
  "redis-exporter-config",
  "run",
  "switch-config",
  "trust",
]);

export function isOfPart(volume: string): boolean {
  return ofParts.has(basePart(volume));
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
