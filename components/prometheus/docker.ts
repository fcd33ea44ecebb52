import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { type PrometheusSpec, prometheusContainer, prometheusFiles } from "./spec.ts";

export interface PrometheusArgs {
  readonly host: DockerHost;
  readonly spec: PrometheusSpec;
  readonly network: docker.Network;
}

/** Prometheus on a Docker host, not published. */
export class Prometheus extends pulumi.ComponentResource {
  readonly container: Part;

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Prometheus", name, {}, opts);
    const { host, spec } = args;
    const parent = { parent: this };
    const data = dataVolume(host, "prometheus-data", parent);
    const config = volume(host, "prometheus-config", parent);
    const files = new Files(
      `${name}-files`,
      { host, image: spec.image, volume: config.name, entries: [...prometheusFiles(spec)] },
      parent,
    );
    this.container = new Part(
      host,
      name,
      prometheusContainer(host.place, spec),
      { ...parent, dependsOn: [data, config, args.network] },
      files,
    );
    this.registerOutputs({});
  }
}
