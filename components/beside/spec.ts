import { chromaContainer, chromaFiles, chromaFolder } from "../chroma/spec.ts";
import type { ContainerSpec, Limits, Place } from "../container/spec.ts";
import type { BesideName } from "../nouns/all.ts";
import type { FileEntry } from "../steps/runner.ts";

/** What a platform says of a store beside the workloads; the rest the store knows. */
export interface BesideSpec {
  readonly image: string;
  /** The private network's name. */
  readonly network: string;
  readonly limits: Limits;
}

/** What a store beside the workloads is, on whatever platform. */
export interface BesideStore {
  readonly container: (place: Place, spec: BesideSpec) => ContainerSpec;
  /** What a fresh volume needs, which belongs to root. */
  readonly files: () => readonly FileEntry[];
  /** The same in a cluster, where a pod's volume is its user's: the folder's path in the container. */
  readonly folder: string;
}

export const besideStores: Readonly<Record<BesideName, BesideStore>> = {
  chroma: { container: chromaContainer, files: chromaFiles, folder: chromaFolder },
};
