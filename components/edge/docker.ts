import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { type EdgeSpec, edgeContainer, edgeDataVolume, edgeFiles } from "./spec.ts";

export interface EdgeArgs {
  readonly host: DockerHost;
  readonly spec: EdgeSpec;
  /** The volume with the switch's sockets. */
  readonly run: docker.Volume;
  /** What must stand before anybody reaches the edge, and while anybody does. @default nothing */
  readonly walls?: pulumi.Resource | undefined;
}

/** The TLS edge on a Docker host: the only part that listens on the host. */
export class Edge extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(name: string, args: EdgeArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Edge", name, {}, opts);
    const { host, spec } = args;
    const parent = { parent: this };
    // Certificates and the own CA: asking for them anew meets Let's Encrypt's limits, and clients trust this CA.
    const data = dataVolume(host, edgeDataVolume, parent);
    const config = volume(host, "edge-config", parent);
    const files = new Files(
      `${name}-files`,
      { host, image: spec.image, volume: config.name, entries: [...edgeFiles(spec)] },
      parent,
    );
    this.container = new Part(
      host,
      name,
      edgeContainer(host.place, spec),
      { ...parent, dependsOn: [data, config, args.run, ...(args.walls ? [args.walls] : [])] },
      files,
    );
    this.registerOutputs({});
  }
}
