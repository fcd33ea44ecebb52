import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { SecurityGroupEgressRule } from "@pulumi/aws/vpc/securityGroupEgressRule.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import * as pulumi from "@pulumi/pulumi";
import { type Group, groups, type TierExposure, type TierRule, tierRules } from "./tiers.ts";

export interface GroupsArgs {
  readonly exposure: TierExposure;
  readonly vpc: pulumi.Input<string>;
  readonly stack: string;
}

/** The security groups of a stack without a host, and every rule between them as a resource of its own. */
export class Groups extends pulumi.ComponentResource {
  readonly ids: Readonly<Record<Group, pulumi.Output<string>>>;

  constructor(name: string, { exposure, vpc, stack }: GroupsArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Groups", name, {}, opts);
    const made = groups.map((group) => {
      const tags = { Name: `slipway ${stack} ${group}` };
      const description = `${group} of ${stack}, from Slipway`;
      const { id } = new SecurityGroup(group, { vpcId: vpc, description, tags }, { parent: this });
      return [group, id] as const;
    });
    this.ids = Object.fromEntries(made) as Groups["ids"];
    for (const rule of tierRules(exposure)) this.rule(rule);
    this.registerOutputs({});
  }

  private rule({ name, group, way, port, peer, why }: TierRule): void {
    const from =
      "group" in peer
        ? { referencedSecurityGroupId: this.ids[peer.group] }
        : peer.cidr.includes(":")
          ? { cidrIpv6: peer.cidr }
          : { cidrIpv4: peer.cidr };
    const rule = {
      securityGroupId: this.ids[group],
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
      description: why,
      ...from,
    };
    const parent = { parent: this };
    if (way === "in") new SecurityGroupIngressRule(name, rule, parent);
    else new SecurityGroupEgressRule(name, rule, parent);
  }
}
