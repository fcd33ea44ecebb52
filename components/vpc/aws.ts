import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc as AwsVpc } from "@pulumi/aws/ec2/vpc.js";
import * as pulumi from "@pulumi/pulumi";
import { subnetOf } from "./spec.ts";

/** A network that is there already, or the addresses of one of the stack's own. */
export type VpcWish = { readonly id: string; readonly subnet: string } | { readonly cidr: string };

export interface VpcArgs {
  readonly wish: VpcWish;
  readonly availabilityZone: string;
  readonly name: string;
}

/** One network with one public subnet: a host has one zone. Nothing in it gets an address by itself; the host has its Elastic IP. */
export class Vpc extends pulumi.ComponentResource {
  readonly id: pulumi.Output<string>;
  readonly subnet: pulumi.Output<string>;

  constructor(
    name: string,
    { wish, availabilityZone, name: display }: VpcArgs,
    opts?: pulumi.ComponentResourceOptions,
  ) {
    super("slipway:aws:Vpc", name, {}, opts);
    const parent = { parent: this };
    if ("id" in wish) {
      this.id = pulumi.output(wish.id);
      this.subnet = pulumi.output(wish.subnet);
      this.registerOutputs({});
      return;
    }
    const tags = { Name: display };
    const vpc = new AwsVpc(
      name,
      { cidrBlock: wish.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags },
      parent,
    );
    const subnet = new Subnet(
      `${name}-public`,
      { vpcId: vpc.id, cidrBlock: subnetOf(wish.cidr), availabilityZone, mapPublicIpOnLaunch: false, tags },
      parent,
    );
    const gateway = new InternetGateway(`${name}-gateway`, { vpcId: vpc.id, tags }, parent);
    const routes = new RouteTable(
      `${name}-routes`,
      { vpcId: vpc.id, routes: [{ cidrBlock: "0.0.0.0/0", gatewayId: gateway.id }], tags },
      parent,
    );
    new RouteTableAssociation(`${name}-routes`, { subnetId: subnet.id, routeTableId: routes.id }, parent);
    // AWS' own lets everything in it talk to everything else; without rules it lets nothing.
    new DefaultSecurityGroup(`${name}-default`, { vpcId: vpc.id, ingress: [], egress: [], tags }, parent);
    this.id = vpc.id;
    this.subnet = subnet.id;
    this.registerOutputs({});
  }
}
