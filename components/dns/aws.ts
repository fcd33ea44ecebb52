import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import * as pulumi from "@pulumi/pulumi";

export interface NamesArgs {
  readonly zone: string;
  readonly hosts: readonly string[];
  readonly address: pulumi.Input<string>;
}

/** The system's host names. Five minutes, so that a host that is replaced is found soon. */
export class Names extends pulumi.ComponentResource {
  constructor(name: string, { zone, hosts, address }: NamesArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Names", name, {}, opts);
    for (const host of hosts)
      new DnsRecord(
        `${name}-${host}`,
        { zoneId: zone, name: host, type: "A", ttl: 300, records: [address] },
        { parent: this },
      );
    this.registerOutputs({});
  }
}
