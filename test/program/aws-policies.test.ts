import { beforeAll, describe, expect, test } from "vitest";
import { awsPolicies } from "../../policy/aws.ts";
import type { Planned } from "../../policy/planned.ts";
import { awsSettings, hostOf, systemNames } from "../fixtures/aws.ts";
import { brokenBy } from "../fixtures/policies.ts";

type Weaker = (plan: readonly Planned[]) => readonly Planned[];

/** The resources of a type with other inputs, or without protection. */
function changed(type: string, inputs: Readonly<Record<string, unknown>>, protect?: boolean): Weaker {
  return (plan) =>
    plan.map((each) =>
      each.type === `aws:${type}`
        ? { ...each, inputs: { ...each.inputs, ...inputs }, protect: protect ?? each.protect }
        : each,
    );
}

const without =
  (type: string): Weaker =>
  (plan) =>
    plan.filter((each) => each.type !== `aws:${type}`);

/** A host's plan with one thing taken from it breaks exactly one policy. */
const violations: Readonly<Record<string, Weaker>> = {
  "aws-ports-closed": changed("vpc/securityGroupIngressRule:SecurityGroupIngressRule", { fromPort: 22, toPort: 22 }),
  "aws-rules-apart": changed("ec2/securityGroup:SecurityGroup", {
    ingress: [{ protocol: "tcp", fromPort: 80, toPort: 80 }],
  }),
  "aws-volumes-encrypted": changed("ebs/volume:Volume", { encrypted: false }),
  "aws-root-encrypted": changed("ec2/instance:Instance", { rootBlockDevice: { volumeType: "gp3" } }),
  "aws-metadata-by-token": changed("ec2/instance:Instance", {
    metadataOptions: { httpTokens: "required", httpPutResponseHopLimit: 2 },
  }),
  "aws-data-kept": changed("s3/bucket:Bucket", {}, false),
  "aws-backups-on": changed("dlm/lifecyclePolicy:LifecyclePolicy", { state: "DISABLED" }),
  "aws-no-public-bucket": without("s3/bucketPublicAccessBlock:BucketPublicAccessBlock"),
  "aws-public-access-blocked": changed("s3/bucketPublicAccessBlock:BucketPublicAccessBlock", {
    blockPublicAcls: false,
  }),
  "aws-buckets-encrypted": without(
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
  ),
  "aws-buckets-versioned": without("s3/bucketVersioning:BucketVersioning"),
  "aws-production-not-ended": changed("ec2/instance:Instance", { disableApiTermination: false }),
};

test.each(systemNames)("%s' host passes the whole pack", async (name) => {
  expect(brokenBy(await hostOf(awsSettings(name)))).toEqual([]);
});

describe("each policy of AWS", () => {
  let plan: readonly Planned[];
  beforeAll(async () => {
    plan = await hostOf(awsSettings("tmws"));
  });

  test.each(awsPolicies.map(({ name }) => name))("%s", (name) => {
    const weaker = violations[name];
    if (weaker === undefined) throw new Error(`no violating program of ${name}`);
    expect(brokenBy(weaker(plan))).toEqual([name]);
  });
});
