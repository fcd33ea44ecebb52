import { LogGroup } from "@pulumi/aws/cloudwatch/logGroup.js";
import { Cluster as EcsCluster } from "@pulumi/aws/ecs/cluster.js";
import { Role } from "@pulumi/aws/iam/role.js";
import { RolePolicy } from "@pulumi/aws/iam/rolePolicy.js";
import { PrivateDnsNamespace } from "@pulumi/aws/servicediscovery/privateDnsNamespace.js";
import * as pulumi from "@pulumi/pulumi";
import { fargateAddress, secretPrefix, stackName } from "../fargate/address.ts";
import { trust } from "../iam/spec.ts";
import { executionPolicy, repositoryArn } from "./role.ts";

export interface ClusterArgs {
  readonly stack: string;
  readonly region: string;
  readonly account: string;
  readonly vpc: pulumi.Input<string>;
  readonly subnets: readonly pulumi.Output<string>[];
  readonly group: pulumi.Output<string>;
  readonly logDays: number;
  /** The product's image and the parts', by digest. */
  readonly images: readonly string[];
  /** Identifier of the server of RDS. */
  readonly database: string;
  /** With a shell and curl, by digest. */
  readonly helper: string;
}

/** Where a stack's tasks run: a cluster of its own, its log, the role that fetches images and secrets, and the names by which tasks find each other. */
export class FargateCluster extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;
  readonly cluster: pulumi.Output<string>;
  readonly role: pulumi.Output<string>;
  readonly logs: pulumi.Output<string>;
  readonly namespace: PrivateDnsNamespace;
  /** What steps need to run tasks there, see address.ts. */
  readonly host: pulumi.Output<string>;

  constructor(name: string, args: ClusterArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:FargateCluster", name, {}, opts);
    const { stack, region, account, vpc, logDays, images, database, helper } = args;
    const parent = { parent: this };
    const own = stackName(stack);
    const cluster = new EcsCluster(
      name,
      { name: own, settings: [{ name: "containerInsights", value: "enabled" }] },
      parent,
    );
    const logs = new LogGroup(name, { name: `/slipway/${stack}/tasks`, retentionInDays: logDays }, parent);
    const role = new Role(
      name,
      { name: `${own}-tasks`, assumeRolePolicy: JSON.stringify(trust("ecs-tasks.amazonaws.com")) },
      parent,
    );
    const secrets = `arn:aws:secretsmanager:${region}:${account}:secret:${secretPrefix(stack)}*`;
    const repositories = [...new Set(images.flatMap((image) => repositoryArn(image) ?? []))];
    const policy = logs.arn.apply((arn) => executionPolicy({ logs: arn, secrets, repositories }));
    const rights = new RolePolicy(name, { role: role.id, policy: pulumi.jsonStringify(policy) }, parent);
    this.namespace = new PrivateDnsNamespace(name, { name: namespaceOf(stack), vpc }, parent);
    this.arn = cluster.arn;
    this.cluster = cluster.name;
    // A task that begins before its role may anything fetches no image.
    this.role = pulumi.all([role.arn, rights.id]).apply(([arn]) => arn);
    this.logs = logs.name;
    this.host = pulumi
      .all([cluster.name, pulumi.all([...args.subnets]), args.group, this.role, logs.name])
      .apply(([named, subnets, group, arn, written]) =>
        fargateAddress({ region, cluster: named, subnets, group, role: arn, logs: written, database, helper }),
      );
    this.registerOutputs({ host: this.host });
  }
}

/** A domain that is nowhere but in the stack's own network. */
export function namespaceOf(stack: string): string {
  return `${stack}.slipway.internal`;
}
