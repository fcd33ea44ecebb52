import * as pulumi from "@pulumi/pulumi";
import { type ClusterPlace, claim, part } from "../cluster/resource.ts";
import { resourceName } from "../container/spec.ts";
import { type BesideName, besides } from "../nouns/all.ts";
import { dataPart } from "../volumes/spec.ts";
import { type BesideSpec, besideStores } from "./spec.ts";

export interface ClusterBesideArgs {
  /** Off keeps the data's claim, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly at: ClusterPlace;
  readonly spec: BesideSpec;
}

/** A store beside the workloads in a stack's namespace. */
export class ClusterBeside extends pulumi.ComponentResource {
  /** Undefined while it is switched off. */
  readonly server: pulumi.Resource | undefined;

  constructor(name: BesideName, { enabled, at, spec }: ClusterBesideArgs, opts?: pulumi.ComponentResourceOptions) {
    const { title, port } = besides[name];
    super(`slipway:kubernetes:${title}`, name, {}, opts);
    const own = { parent: this };
    const data = claim(at, resourceName(at.place, dataPart(at.place, `${name}-data`)), own);
    if (enabled) {
      const { container, folder } = besideStores[name];
      const before = { name: "folder", argv: ["mkdir", "-p", "-m", "0700", folder], mounts: [] };
      const wish = { spec: container(at.place, spec), volumes: {}, port, before, after: [data] };
      this.server = part(at, name, wish, own);
    }
    this.registerOutputs({});
  }
}
