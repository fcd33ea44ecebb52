import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { dataVolume } from "../volumes/docker.ts";
import { dataPart } from "../volumes/spec.ts";
import { type ChromaSpec, chromaContainer, chromaFiles } from "./spec.ts";

export interface ChromaArgs {
  /** Off keeps the data's volume, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly host: DockerHost;
  readonly spec: ChromaSpec;
  readonly network: docker.Network;
}

/** Chroma on a Docker host, reachable only on the system's private network. */
export class Chroma extends pulumi.ComponentResource {
  /** Undefined while it is switched off. */
  readonly container: Part | undefined;

  constructor(name: string, args: ChromaArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Chroma", name, {}, opts);
    const data = dataVolume(args.host, dataPart(args.host.place, "chroma-data"), { parent: this });
    if (args.enabled) this.container = this.server(name, args, data);
    this.registerOutputs({});
  }

  private server(name: string, { host, spec, network }: ChromaArgs, data: docker.Volume): Part {
    const parent = { parent: this };
    const target = { host, image: spec.image, volume: data.name };
    const files = new Files(`${name}-files`, { ...target, entries: [...chromaFiles()] }, parent);
    return new Part(host, name, chromaContainer(host.place, spec), { ...parent, dependsOn: [data, network] }, files);
  }
}
