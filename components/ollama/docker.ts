import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { dataVolume } from "../volumes/docker.ts";
import type { ModelInputs } from "./inputs.ts";
import { OllamaModel } from "./resource.ts";
import { type OllamaSpec, ollamaContainer, ollamaData, ollamaFiles } from "./spec.ts";

export interface OllamaArgs {
  readonly host: DockerHost;
  /** Undefined while it runs on the host or is off: the models' volume, which is protected, stays. */
  readonly server: { readonly spec: OllamaSpec; readonly networks: readonly docker.Network[] } | undefined;
  /** Undefined while it is off. */
  readonly model: Omit<ModelInputs, "host" | "place" | "server"> | undefined;
  /** What must be there before the model can be asked for. */
  readonly before: readonly pulumi.Resource[];
}

export interface Embedding {
  readonly mode: "native" | "container";
  readonly url: string;
  readonly model: string;
  readonly digest: string;
  readonly megabytes: number;
  /** Of Ollama. */
  readonly version: string;
}

/** Ollama on a Docker host, never published, and the model that it must have; or the model alone, of an Ollama on the host itself. */
export class Ollama extends pulumi.ComponentResource {
  /** Undefined while no container is ours. */
  readonly container: Part | undefined;
  /** Undefined while it is off. What embeds comes after it. */
  readonly model: OllamaModel | undefined;

  /** For the stack's outputs; undefined while it is off. */
  readonly embedding: pulumi.Output<Embedding> | undefined;

  constructor(name: string, args: OllamaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Ollama", name, {}, opts);
    const data = dataVolume(args.host, ollamaData, { parent: this });
    if (args.server !== undefined) this.container = this.server(name, args.host, args.server, data);
    if (args.model !== undefined) this.model = this.provided(args, args.model);
    this.embedding = this.facts(args);
    this.registerOutputs({});
  }

  private facts({ server, model }: OllamaArgs): Ollama["embedding"] {
    if (model === undefined || this.model === undefined) return undefined;
    const { digest, megabytes, version } = this.model;
    const mode = server === undefined ? "native" : "container";
    return pulumi.output({ mode, url: model.url, model: model.model.name, digest, megabytes, version });
  }

  private server(
    name: string,
    host: DockerHost,
    { spec, networks }: NonNullable<OllamaArgs["server"]>,
    data: docker.Volume,
  ): Part {
    const parent = { parent: this };
    const target = { host, image: spec.image, volume: data.name };
    const files = new Files(`${name}-files`, { ...target, entries: [...ollamaFiles()] }, parent);
    return new Part(
      host,
      name,
      ollamaContainer(host.place, spec),
      { ...parent, dependsOn: [data, ...networks] },
      files,
    );
  }

  private provided({ host, before }: OllamaArgs, model: NonNullable<OllamaArgs["model"]>): OllamaModel {
    const server = this.container?.id ?? "";
    return new OllamaModel("model", { ...host, ...model, server }, { parent: this, dependsOn: [...before] });
  }
}
