import type * as pulumi from "@pulumi/pulumi";
import type { ClusterPlace } from "../../../components/cluster/resource.ts";
import type { Place } from "../../../components/container/spec.ts";
import type { ModelSource } from "../../../components/ollama/inputs.ts";
import type { Settings } from "../../config/settings.ts";
import type { Images } from "../../images/all.ts";
import type { System } from "../../systems/system.ts";

/** One system on its way into one namespace. */
export interface ClusterPlacement {
  readonly place: Place;
  readonly settings: Settings;
  readonly system: System;
  readonly images: Images;
  /** Where the model of a system's Ollama comes from. @default it has none */
  readonly modelSource?: ModelSource | undefined;
}

export interface InCluster {
  readonly placement: ClusterPlacement;
  readonly at: ClusterPlace;
  readonly parent: pulumi.Resource;
}
