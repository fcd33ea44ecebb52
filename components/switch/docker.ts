import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { runVolume } from "../edge/share.ts";
import { Files } from "../files/docker.ts";
import { StepResource } from "../steps/resource.ts";
import { volume } from "../volumes/docker.ts";
import { type SwitchSpec, stateDirectory, switchContainer, switchFiles, switchUid } from "./spec.ts";

export interface SwitchArgs {
  readonly host: DockerHost;
  readonly spec: SwitchSpec;
  readonly network: docker.Network;
  readonly journal: docker.Volume;
}

/** The switch on a Docker host; the edge reaches it by a socket in the `run` of the edge's owner. */
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
      { host, image: spec.image, volume: this.run.name, entries: [...stateDirectory(host.place, spec)] },
      parent,
    );
    const hosts = this.hosts(name, args);
    const files = new Files(
      `${name}-files`,
      { host, image: spec.image, volume: config.name, entries: [...switchFiles(spec)] },
      parent,
    );
    const dependsOn = [config, sockets, hosts, args.journal, args.network];
    this.container = new Part(host, name, switchContainer(host.place, spec), { ...parent, dependsOn }, files);
    this.registerOutputs({});
  }

  /** The names under which the edge finds this switch. */
  private hosts(name: string, { host, spec }: SwitchArgs): StepResource {
    const { image, routes, share } = spec;
    const volume = share === undefined ? this.run.name : runVolume(host.place, share);
    const names = [...new Set(routes.map((route) => route.host))];
    return new StepResource(
      { module: "edge/hosts.step.ts", type: "Hosts" },
      `${name}-hosts`,
      { ...host, image, volume, hosts: names, uid: switchUid(host.place, share) },
      [],
      { parent: this },
    );
  }
}
