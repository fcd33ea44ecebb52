import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import * as pulumi from "@pulumi/pulumi";

export interface AliasesArgs {
  /** Id of the hosted zone. */
  readonly zone: string;
  readonly hosts: readonly string[];
  /** Of a load balancer. */
  readonly to: { readonly dnsName: pulumi.Input<string>; readonly zoneId: pulumi.Input<string> };
}

/** Host names that lead to a load balancer, whose addresses come and go. */
export class Aliases extends pulumi.ComponentResource {
  constructor(name: string, { zone, hosts, to }: AliasesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Aliases", name, {}, opts);
    const aliases = [{ name: to.dnsName, zoneId: to.zoneId, evaluateTargetHealth: true }];
    for (const host of hosts) new DnsRecord(host, { zoneId: zone, name: host, type: "A", aliases }, { parent: this });
    this.registerOutputs({});
  }
}
