import * as pulumi from "@pulumi/pulumi";
import { type ClusterPlace, claim, configFiles, contentsOf, part, secret } from "../cluster/resource.ts";
import { resourceName } from "../container/spec.ts";
import { dataPart } from "../volumes/spec.ts";
import {
  configVolume,
  type RedisSpec,
  redisContainer,
  redisFiles,
  redisPort,
  redisSecretFiles,
  redisUrl,
} from "./spec.ts";

export interface ClusterRedisArgs {
  /** Off keeps the data's claim, which is protected, and nothing else. */
  readonly enabled: boolean;
  readonly at: ClusterPlace;
  readonly spec: RedisSpec;
  readonly password: pulumi.Input<string>;
  readonly operatorPassword: pulumi.Input<string>;
}

/** Redis in a stack's namespace. A changed password restarts it: its users are files of a Secret. */
export class ClusterRedis extends pulumi.ComponentResource {
  /** With the app's password: a secret. */
  readonly url: pulumi.Output<string>;
  readonly server: pulumi.Resource | undefined;

  constructor(name: string, args: ClusterRedisArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:Redis", name, {}, opts);
    const { enabled, at, spec, password, operatorPassword } = args;
    const own = { parent: this };
    const data = claim(at, resourceName(at.place, dataPart(at.place, "redis-data")), own);
    this.url = pulumi.secret(pulumi.output(password).apply((known) => redisUrl(known, spec)));
    if (enabled) {
      const secrets = pulumi
        .all([password, operatorPassword])
        .apply(([app, operator]) => contentsOf(redisSecretFiles(spec, { app, operator })));
      const files = {
        kind: "files",
        configMap: configFiles(at, "redis-config", redisFiles(spec), own),
        secret: secret(at, "redis-users", secrets, own),
      } as const;
      const volumes = { [resourceName(at.place, configVolume)]: files };
      const wish = { spec: redisContainer(at.place, spec), volumes, port: redisPort, after: [data] };
      this.server = part(at, name, wish, own);
    }
    this.registerOutputs({ url: this.url });
  }
}
