import { Certificate } from "@pulumi/aws/acm/certificate.js";
import { CertificateValidation } from "@pulumi/aws/acm/certificateValidation.js";
import { Record as DnsRecord } from "@pulumi/aws/route53/record.js";
import * as pulumi from "@pulumi/pulumi";

export interface PublicCertificateArgs {
  /** The first is the certificate's own. */
  readonly hosts: readonly string[];
  /** Hosted zone in which ACM looks whether the names are ours. */
  readonly zone: string;
}

/** A certificate of ACM for the stack's names, which AWS renews for as long as the records stay. */
export class PublicCertificate extends pulumi.ComponentResource {
  readonly arn: pulumi.Output<string>;

  constructor(name: string, { hosts, zone }: PublicCertificateArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:PublicCertificate", name, {}, opts);
    const parent = { parent: this };
    const [domainName = "", ...subjectAlternativeNames] = hosts;
    const certificate = new Certificate(
      name,
      { domainName, subjectAlternativeNames, validationMethod: "DNS", keyAlgorithm: "EC_prime256v1" },
      parent,
    );
    const records = hosts.map((host) => {
      const option = certificate.domainValidationOptions.apply((all) =>
        all.find(({ domainName: named }) => named === host),
      );
      return new DnsRecord(
        `${name}-${host}`,
        {
          zoneId: zone,
          name: option.apply((known) => known?.resourceRecordName ?? ""),
          type: option.apply((known) => known?.resourceRecordType ?? "CNAME"),
          records: [option.apply((known) => known?.resourceRecordValue ?? "")],
          ttl: 300,
          allowOverwrite: true,
        },
        parent,
      );
    });
    this.arn = new CertificateValidation(
      name,
      { certificateArn: certificate.arn, validationRecordFqdns: records.map(({ fqdn }) => fqdn) },
      parent,
    ).certificateArn;
    this.registerOutputs({ arn: this.arn });
  }
}
