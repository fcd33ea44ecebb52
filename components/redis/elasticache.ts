import { ParameterGroup } from "@pulumi/aws/elasticache/parameterGroup.js";
import { ReplicationGroup } from "@pulumi/aws/elasticache/replicationGroup.js";
import { SubnetGroup } from "@pulumi/aws/elasticache/subnetGroup.js";
import * as pulumi from "@pulumi/pulumi";
import type { Tier } from "../options/tier.ts";
import { cacheFamily, cacheNodes, cacheParameters, cacheVersion, localRedis } from "./elasticache-spec.ts";
import { redisPort, redisUrl } from "./spec.ts";

export interface ElastiCacheArgs {
  readonly stack: string;
  readonly tier: Tier;
  readonly password: pulumi.Input<string>;
  readonly subnets: readonly pulumi.Input<string>[];
  readonly group: pulumi.Input<string>;
  readonly multiAz: boolean;
  /** @default the tier's */
  readonly nodeType?: string | undefined;
}

/** Redis by ElastiCache: TLS alone, a password, encrypted, in private subnets; with a second node where the database has a second zone. */
export class ElastiCache extends pulumi.ComponentResource {
  readonly server: ReplicationGroup;
  readonly endpoint: pulumi.Output<string>;
  /** As a task finds it, beside itself; with the password: a secret. */
  readonly url: pulumi.Output<string>;

  constructor(name: string, args: ElastiCacheArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:ElastiCache", name, {}, opts);
    const { stack, tier, password, multiAz } = args;
    const parent = { parent: this };
    const id = `slipway-${stack}`;
    const subnets = new SubnetGroup(name, { name: id, subnetIds: [...args.subnets] }, parent);
    const parameters = new ParameterGroup(
      name,
      { name: id, family: cacheFamily, parameters: [...cacheParameters] },
      parent,
    );
    this.server = new ReplicationGroup(
      name,
      {
        replicationGroupId: id,
        description: `Redis of Slipway's stack ${stack}`,
        engine: "redis",
        engineVersion: cacheVersion,
        nodeType: args.nodeType ?? cacheNodes[tier],
        numCacheClusters: multiAz ? 2 : 1,
        automaticFailoverEnabled: multiAz,
        multiAzEnabled: multiAz,
        port: redisPort,
        subnetGroupName: subnets.name,
        securityGroupIds: [args.group],
        parameterGroupName: parameters.name,
        transitEncryptionEnabled: true,
        transitEncryptionMode: "required",
        atRestEncryptionEnabled: true,
        authToken: pulumi.secret(password),
        // The old one is taken until the next change: a release that serves keeps its own.
        authTokenUpdateStrategy: "ROTATE",
        snapshotRetentionLimit: 7,
        snapshotWindow: "02:30-03:30",
        maintenanceWindow: "sun:04:00-sun:05:00",
        finalSnapshotIdentifier: `${id}-final`,
        autoMinorVersionUpgrade: true,
        applyImmediately: true,
      },
      { ...parent, protect: true, ignoreChanges: ["engineVersion"] },
    );
    this.endpoint = this.server.primaryEndpointAddress;
    this.url = pulumi.secret(
      pulumi.output(password).apply((known) => redisUrl(known, { passwordOnly: true }, localRedis)),
    );
    this.registerOutputs({ url: this.url });
  }
}
