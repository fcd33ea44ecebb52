import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { type DockerHost, Part } from "../container/docker.ts";
import { Files } from "../files/docker.ts";
import { dataVolume, volume } from "../volumes/docker.ts";
import { dataPart } from "../volumes/spec.ts";
import { type RedisSpec, redisContainer, redisFiles, redisUrl } from "./spec.ts";

export interface RedisArgs {
  /** Off keeps the data's volume, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly host: DockerHost;
  readonly spec: RedisSpec;
  readonly password: pulumi.Input<string>;
  readonly network: docker.Network;
}

/** Redis on a Docker host, reachable only on the system's private network. */
export class Redis extends pulumi.ComponentResource {
  /** With the password: a secret. */
  readonly url: pulumi.Output<string>;
  /** Undefined while it is switched off. */
  readonly container: Part | undefined;

  constructor(name: string, args: RedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:Redis", name, {}, opts);
    const { host, password } = args;
    const parent = { parent: this };
    const data = dataVolume(host, dataPart(host.place, "redis-data"), parent);
    this.url = pulumi.secret(pulumi.output(password).apply(redisUrl));
    if (args.enabled) this.container = this.server(name, args, data);
    this.registerOutputs({ url: this.url });
  }

  private server(name: string, { host, spec, password, network }: RedisArgs, data: docker.Volume): Part {
    const parent = { parent: this };
    const config = volume(host, "redis-config", parent);
    const files = new Files(
      `${name}-files`,
      {
        host,
        image: spec.image,
        volume: config.name,
        entries: pulumi.output(password).apply((known) => redisFiles(spec, known)),
      },
      parent,
    );
    const dependsOn = [data, config, network];
    return new Part(host, name, redisContainer(host.place, spec), { ...parent, dependsOn }, files);
  }
}
