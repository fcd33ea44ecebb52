import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc as AwsVpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import * as pulumi from "@pulumi/pulumi";
import { type ZonePlan, zonesOf } from "./spec.ts";

export interface PrivateVpcArgs {
  readonly cidr: string;
  /** Two at least: a database's subnets are in two. */
  readonly zones: readonly string[];
  /** Whether each zone has a way out of its own: else one serves all, and its zone's end is theirs. */
  readonly natPerZone: boolean;
  readonly region: string;
  readonly name: string;
}

/** A network whose load balancers alone are public: tasks and stores are in private subnets, with a way out and none in. */
export class PrivateVpc extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly publicSubnets: readonly pulumi.Output<string>[];
  readonly privateSubnets: readonly pulumi.Output<string>[];

  constructor(name: string, args: PrivateVpcArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:PrivateVpc", name, {}, opts);
    const { cidr, zones, natPerZone, region } = args;
    const own = { tags: { Name: args.name } };
    const parent = { parent: this };
    const vpc = new AwsVpc(name, { cidrBlock: cidr, enableDnsSupport: true, enableDnsHostnames: true, ...own }, parent);
    // AWS' own lets everything in it talk to everything else; without rules it lets nothing.
    new DefaultSecurityGroup(`${name}-default`, { vpcId: vpc.id, ingress: [], egress: [], ...own }, parent);
    const gateway = new InternetGateway(`${name}-gateway`, { vpcId: vpc.id, ...own }, parent);
    const out = { routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }] };
    const open = new RouteTable(`${name}-public`, { vpcId: vpc.id, ...out, ...own }, parent);
    const plans = zonesOf(cidr, zones);
    const publics = plans.map((plan, at) => this.subnet(vpc.id, name, "public", plan, at));
    const privates = plans.map((plan, at) => this.subnet(vpc.id, name, "private", plan, at));
    for (const [at, { id }] of publics.entries())
      new RouteTableAssociation(`${name}-public-${at}`, { subnetId: id, routeTableId: open.id }, parent);
    const ways = publics
      .slice(0, natPerZone ? publics.length : 1)
      .map(({ id }, at) => this.wayOut(name, id, at, gateway));
    const tables = ways.map((nat, at) => {
      const routes = [{ cidrBlock: "0.0.0.0/0", natGatewayId: nat.id }];
      return new RouteTable(`${name}-private-${at}`, { vpcId: vpc.id, routes, ...own }, parent);
    });
    for (const [at, { id }] of privates.entries()) {
      const table = tables[at] ?? tables[0];
      if (table !== undefined)
        new RouteTableAssociation(`${name}-private-${at}`, { subnetId: id, routeTableId: table.id }, parent);
    }
    // Layers of images come from S3: by this they pass no gateway that counts them.
    new VpcEndpoint(
      `${name}-s3`,
      {
        vpcId: vpc.id,
        serviceName: `com.amazonaws.${region}.s3`,
        vpcEndpointType: "Gateway",
        routeTableIds: tables.map(({ id }) => id),
        ...own,
      },
      parent,
    );
    this.id = vpc.id;
    this.publicSubnets = publics.map(({ id }) => id);
    this.privateSubnets = privates.map(({ id }) => id);
    this.registerOutputs({});
  }

  private subnet(
    vpcId: pulumi.Output<string>,
    name: string,
    kind: "public" | "private",
    plan: ZonePlan,
    at: number,
  ): Subnet {
    return new Subnet(
      `${name}-${kind}-${at}`,
      { vpcId, cidrBlock: plan[kind], availabilityZone: plan.zone, mapPublicIpOnLaunch: false, tags: { Name: kind } },
      { parent: this },
    );
  }

  private wayOut(name: string, subnetId: pulumi.Output<string>, at: number, gateway: pulumi.Resource): NatGateway {
    const parent = { parent: this, dependsOn: gateway };
    const address = new Eip(`${name}-nat-${at}`, { domain: "vpc" }, parent);
    return new NatGateway(`${name}-nat-${at}`, { subnetId, allocationId: address.allocationId }, parent);
  }
}
