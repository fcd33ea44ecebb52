import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { volume } from "../volumes/docker.ts";
import { type SwitchSpec, socketDirectories, switchContainer, switchFiles } from "./spec.ts";

export interface SwitchArgs {
  readonly host: DockerHost;
  readonly spec: SwitchSpec;
  readonly network: docker.Network;
  readonly journal: docker.Volume;
}

/** The switch on a Docker host; the edge reaches it by a socket in `run`. */
export class Switch extends pulumi.ComponentResource {
  readonly container: Part;
  readonly run: docker.Volume;

  constructor(name: string, args: SwitchArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Switch", name, {}, opts);
    const { host, spec } = args;
    const parent = { parent: this };
    this.run = volume(host, "run", parent);
    const config = volume(host, "switch-config", parent);
    const sockets = new Files(
      `${name}-sockets`,
      { host, image: spec.image, volume: this.run.name, entries: [...socketDirectories(spec)] },
      parent,
    );
    const files = new Files(
      `${name}-files`,
      { host, image: spec.image, volume: config.name, entries: [...switchFiles(spec)] },
      parent,
    );
    const dependsOn = [config, sockets, args.journal, args.network];
    this.container = new Part(host, name, switchContainer(host.place, spec), { ...parent, dependsOn }, files);
    this.registerOutputs({});
  }
}
