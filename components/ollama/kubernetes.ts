import * as pulumi from "@pulumi/pulumi";
import { type ClusterPlace, claim, part } from "../cluster/resource.ts";
import { resourceName } from "../container/spec.ts";
import type { ModelInputs } from "./inputs.ts";
import { OllamaModel } from "./resource.ts";
import { type OllamaSpec, ollamaContainer, ollamaData, ollamaHome, ollamaPort } from "./spec.ts";

export interface ClusterOllamaArgs {
  readonly at: ClusterPlace;
  /** Undefined while it is off: the models' claim, which is protected, stays. */
  readonly server: { readonly spec: OllamaSpec; readonly model: ClusterModel } | undefined;
}

export type ClusterModel = Omit<ModelInputs, "host" | "place" | "server" | "hostGateway">;

/** Ollama in a stack's namespace, which no Ingress leads to, and the model that it must have. */
export class ClusterOllama extends pulumi.ComponentResource {
  /** Undefined while it is off. What embeds comes after it. */
  readonly model: OllamaModel | undefined;

  constructor(name: string, { at, server }: ClusterOllamaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:Ollama", name, {}, opts);
    const own = { parent: this };
    const data = claim(at, resourceName(at.place, ollamaData), own);
    if (server !== undefined) {
      const spec = ollamaContainer(at.place, server.spec);
      const before = { name: "folder", argv: ["mkdir", "-p", "-m", "0700", ollamaHome], mounts: [] };
      const { metadata } = part(at, name, { spec, volumes: {}, port: ollamaPort, before, after: [data] }, own);
      const inputs = {
        ...server.model,
        host: at.host,
        place: at.place,
        hostGateway: false,
        server: pulumi.interpolate`${metadata.uid}/${metadata.generation}`,
      };
      this.model = new OllamaModel("model", inputs, own, "ollama/cluster.step.ts");
    }
    this.registerOutputs({});
  }
}
