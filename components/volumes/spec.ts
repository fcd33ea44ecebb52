/**
 * Which volumes of a stack are whose. A volume knows its stack and its part by label, and labels cannot be added to one that exists: what
 * is data and what is not is told by the part's name.
 */

/** Data volumes of parts that a stack may be without, with the component that has each: type and name are part of its URN. */
export const partData: Readonly<Record<string, { readonly type: string; readonly name: string }>> = {
  "chroma-data": { type: "slipway:docker:Chroma", name: "chroma" },
  "edge-data": { type: "slipway:docker:Edge", name: "edge" },
  "ollama-data": { type: "slipway:docker:Ollama", name: "ollama" },
};

/** Volumes of the parts that Slipway puts beside the workloads, and of the releases. */
const ofParts: ReadonlySet<string> = new Set([
  ...Object.keys(partData),
  "backups",
  "edge-config",
  "journal",
  "postgres-config",
  "postgres-data",
  "prometheus-config",
  "prometheus-data",
  "redis-config",
  "redis-data",
  "run",
  "switch-config",
  "trust",
]);

export function isOfPart(volume: string): boolean {
  return ofParts.has(volume);
}

/**
 * Volumes of the workloads that are on the host, named by an earlier version of the system and by this one not any more. They stay
 * declared: a data volume never goes by an update, and the version that names it finds it again.
 */
export function keptData(onHost: readonly string[], named: readonly string[]): readonly string[] {
  return onHost.filter((volume) => !isOfPart(volume) && !named.includes(volume)).toSorted();
}
