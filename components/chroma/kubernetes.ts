import * as pulumi from "@pulumi/pulumi";
import { type ClusterPlace, claim, part } from "../cluster/resource.ts";
import { resourceName } from "../container/spec.ts";
import { dataPart } from "../volumes/spec.ts";
import { type ChromaSpec, chromaContainer, chromaFolder, chromaPort } from "./spec.ts";

export interface ClusterChromaArgs {
  /** Off keeps the data's claim, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly at: ClusterPlace;
  readonly spec: ChromaSpec;
}

/** Chroma in a stack's namespace. */
export class ClusterChroma extends pulumi.ComponentResource {
  /** Undefined while it is switched off. */
  readonly server: pulumi.Resource | undefined;

  constructor(name: string, { enabled, at, spec }: ClusterChromaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:Chroma", name, {}, opts);
    const own = { parent: this };
    const data = claim(at, resourceName(at.place, dataPart(at.place, "chroma-data")), own);
    if (enabled) {
      const before = { name: "folder", argv: ["mkdir", "-p", "-m", "0700", chromaFolder], mounts: [] };
      const wish = { spec: chromaContainer(at.place, spec), volumes: {}, port: chromaPort, before, after: [data] };
      this.server = part(at, name, wish, own);
    }
    this.registerOutputs({});
  }
}
