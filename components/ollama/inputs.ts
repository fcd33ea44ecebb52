import type { Place } from "../container/spec.ts";
import type { Model } from "./spec.ts";

export interface ModelInputs {
  readonly host: string;
  readonly place: Place;
  /** As a workload finds it. */
  readonly url: string;
  /** Where `url` is found from. */
  readonly network: string;
  readonly hostGateway: boolean;
  /** What asks it. */
  readonly probeImage: string;
  readonly model: Model;
  readonly source: ModelSource;
  /** The container's id; empty for one that is not ours. A new one must prove itself again. */
  readonly server: string;
}

/** `path` as config has it, seen from the folder of Pulumi.yaml; `sha256` in hex. */
export type ModelSource =
  | { readonly kind: "pull"; readonly insecure: boolean }
  | { readonly kind: "file"; readonly path: string; readonly sha256: string };

export interface ModelOutputs {
  /** As Ollama tells it. */
  readonly digest: string;
  readonly megabytes: number;
  /** Of Ollama. */
  readonly version: string;
}
