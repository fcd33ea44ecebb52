import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { type BesideName, besides } from "../nouns/all.ts";
import { dataVolume } from "../volumes/docker.ts";
import { dataPart } from "../volumes/spec.ts";
import { type BesideSpec, besideStores } from "./spec.ts";

export interface BesideArgs {
  /** Off keeps the data's volume, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly host: DockerHost;
  readonly spec: BesideSpec;
  readonly network: docker.Network;
}

/** A store beside the workloads on a Docker host, reachable only on the system's private network. */
export class Beside extends pulumi.ComponentResource {
  /** Undefined while it is switched off. */
  readonly container: Part | undefined;

  constructor(name: BesideName, args: BesideArgs, opts?: pulumi.ComponentResourceOptions) {
    super(`slipway:docker:${besides[name].title}`, name, {}, opts);
    const data = dataVolume(args.host, dataPart(args.host.place, `${name}-data`), { parent: this });
    if (args.enabled) this.container = this.server(name, args, data);
    this.registerOutputs({});
  }

  private server(name: BesideName, { host, spec, network }: BesideArgs, data: docker.Volume): Part {
    const parent = { parent: this };
    const { container, files } = besideStores[name];
    const target = { host, image: spec.image, volume: data.name };
    const written = new Files(`${name}-files`, { ...target, entries: [...files()] }, parent);
    return new Part(host, name, container(host.place, spec), { ...parent, dependsOn: [data, network] }, written);
  }
}
