import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { type PrometheusSpec, prometheusContainer, prometheusFiles } from "./spec.ts";

export interface PrometheusArgs {
  /** Off keeps the data's volume, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly host: DockerHost;
  readonly spec: PrometheusSpec;
  readonly networks: readonly docker.Network[];
}

/** Prometheus on a Docker host, not published. */
export class Prometheus extends pulumi.ComponentResource {
  /** Undefined while it is switched off. */
  readonly container: Part | undefined;

  constructor(name: string, args: PrometheusArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Prometheus", name, {}, opts);
    const data = dataVolume(args.host, "prometheus-data", { parent: this });
    if (args.enabled) this.container = this.server(name, args, data);
    this.registerOutputs({});
  }

  private server(name: string, { host, spec, networks }: PrometheusArgs, data: docker.Volume): Part {
    const parent = { parent: this };
    const config = volume(host, "prometheus-config", parent);
    const files = new Files(
      `${name}-files`,
      { host, image: spec.image, volume: config.name, entries: [...prometheusFiles(spec)] },
      parent,
    );
    const dependsOn = [data, config, ...networks];
    return new Part(host, name, prometheusContainer(host.place, spec), { ...parent, dependsOn }, files);
  }
}
