import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import type { Exposure } from "./exposure.ts";
import { ingressOf } from "./security-group.ts";

export interface SecurityArgs {
  readonly exposure: Exposure;
  readonly sshPort: number;
  readonly vpc: pulumi.Input<string>;
  readonly name: string;
}

/** What AWS lets reach the host: a second wall before the host's own, made of the same data. */
export class Security extends pulumi.ComponentResource {
  readonly group: pulumi.Output<string>;

  constructor(name: string, args: SecurityArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Security", name, {}, opts);
    const parent = { parent: this };
    const { id } = new SecurityGroup(
      name,
      { vpcId: args.vpc, description: "What the host answers, from Slipway", tags: { Name: args.name } },
      parent,
    );
    for (const { name: rule, ...each } of ingressOf(args.exposure, args.sshPort))
      new SecurityGroupIngressRule(`${name}-${rule}`, { securityGroupId: id, ...each }, parent);
    // Updates, images, certificates, mail, the products' own APIs: which hosts those are AWS' rules cannot say.
    const everywhere = { securityGroupId: id, ipProtocol: "-1", description: "out" };
    new SecurityGroupEgressRule(`${name}-out`, { ...everywhere, cidrIpv4: "0.0.0.0/0" }, parent);
    this.group = id;
    this.registerOutputs({});
  }
}
