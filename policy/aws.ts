import { at, listAt, numberAt, type Planned, recordAt, textAt } from "./planned.ts";
import type { Found, Policy, StackPolicy } from "./policy.ts";

const is = (type: string) => (each: Planned) => each.type === `aws:${type}`;
const isBucket = is("s3/bucket:Bucket");
const isVolume = is("ebs/volume:Volume");
const isInstance = is("ec2/instance:Instance");

type About = Omit<StackPolicy, "kind" | "judge" | "level" | "guides">;

/** Of each resource of a type alone. */
export function each(
  about: About,
  guides: readonly string[],
  type: string,
  judge: (resource: Planned) => readonly Found[],
): Policy {
  return { ...about, level: "mandatory", guides, kind: "resource", judge: (one) => (is(type)(one) ? judge(one) : []) };
}

/** Each of a kind is followed by one that completes it: a bucket without a block is public as soon as somebody says so. */
function completed(
  about: About,
  guides: readonly string[],
  which: (one: Planned) => boolean,
  by: string,
  is_: string,
): Policy {
  const judge = (plan: readonly Planned[]) =>
    plan.filter(which).flatMap(({ urn }) => {
      const has = plan.some((one) => is(by)(one) && (one.follows["bucket"] ?? []).includes(urn));
      return has ? [] : [{ at: "the bucket", is: is_, urn }];
    });
  return { ...about, level: "mandatory", guides, kind: "stack", judge };
}

const everybody: readonly string[] = ["0.0.0.0/0", "::/0"];

/** Of hosts on AWS (`npm run host`): what a plan for the account must not have. */
export const awsPolicies: readonly Policy[] = [
  each(
    {
      name: "aws-ports-closed",
      allowed: "from everybody 80 and 443 alone; ssh comes by Session Manager",
      mend: "name the networks: slipway:tcp.allow, slipway:firewall.allow.<name>.sources",
    },
    ["001:357", "001:358", "002:613", "002:614"],
    "vpc/securityGroupIngressRule:SecurityGroupIngressRule",
    ({ inputs }) => {
      const source = textAt(inputs, "cidrIpv4") ?? textAt(inputs, "cidrIpv6") ?? "";
      const [from, to] = [numberAt(inputs, "fromPort"), numberAt(inputs, "toPort")];
      const web = from === to && (from === 80 || from === 443);
      return everybody.includes(source) && !web ? [{ at: "fromPort", is: `${from} from ${source}` }] : [];
    },
  ),
  each(
    {
      name: "aws-rules-apart",
      allowed: "rules as resources of their own, which a plan shows one by one",
      mend: "SecurityGroupIngressRule in place of ingress",
    },
    ["001:358", "002:614"],
    "ec2/securityGroup:SecurityGroup",
    ({ inputs }) => (listAt(inputs, "ingress").length > 0 ? [{ at: "ingress", is: "within the group" }] : []),
  ),
  each(
    {
      name: "aws-volumes-encrypted",
      allowed: "encrypted: true",
      mend: "components/machine/aws.ts makes it so; an unencrypted volume is copied by a snapshot",
    },
    ["002:651"],
    "ebs/volume:Volume",
    ({ inputs }) =>
      at(inputs, "encrypted") === true ? [] : [{ at: "encrypted", is: String(at(inputs, "encrypted") ?? "not set") }],
  ),
  each(
    {
      name: "aws-root-encrypted",
      allowed: "rootBlockDevice.encrypted: true",
      mend: "components/machine/aws.ts makes it so",
    },
    ["002:651"],
    "ec2/instance:Instance",
    ({ inputs }) =>
      at(inputs, "rootBlockDevice", "encrypted") === true ? [] : [{ at: "rootBlockDevice.encrypted", is: "not true" }],
  ),
  each(
    {
      name: "aws-metadata-by-token",
      allowed: "httpTokens required and a hop limit of 1, so that no container gets the host's credentials",
      mend: "components/machine/aws.ts makes it so",
    },
    ["002:652"],
    "ec2/instance:Instance",
    ({ inputs }) =>
      textAt(inputs, "metadataOptions", "httpTokens") === "required" &&
      numberAt(inputs, "metadataOptions", "httpPutResponseHopLimit") === 1
        ? []
        : [{ at: "metadataOptions", is: "laxer" }],
  ),
  {
    name: "aws-data-kept",
    level: "mandatory",
    guides: ["002:45"],
    allowed: "protect: true on volumes and buckets, no forceDestroy",
    mend: "components/machine/aws.ts and components/bucket/aws.ts make it so",
    kind: "resource",
    judge: (one) => {
      if (!isVolume(one) && !isBucket(one)) return [];
      return [
        ...(one.protect ? [] : [{ at: "protect", is: "false" }]),
        ...(at(one.inputs, "forceDestroy") === true ? [{ at: "forceDestroy", is: "true" }] : []),
      ];
    },
  },
  {
    name: "aws-backups-on",
    level: "mandatory",
    guides: ["002:45"],
    allowed: "for each data volume an enabled snapshot policy whose tag it carries",
    mend: "components/snapshots/aws.ts makes it so; slipway:aws.snapshots.keep says how many",
    kind: "stack",
    judge: (plan) => {
      const tags = plan
        .filter((one) => is("dlm/lifecyclePolicy:LifecyclePolicy")(one) && textAt(one.inputs, "state") === "ENABLED")
        .flatMap(({ inputs }) => Object.entries(recordAt(inputs, "policyDetails", "targetTags")));
      return plan
        .filter((one) => isVolume(one) && !tags.some(([key, value]) => at(one.inputs, "tags", key) === value))
        .map(({ urn }) => ({ at: "tags", is: "none that a snapshot policy wants", urn }));
    },
  },
  completed(
    {
      name: "aws-no-public-bucket",
      allowed: "a BucketPublicAccessBlock with all four blocks",
      mend: "components/bucket/aws.ts makes it so",
    },
    ["002:651"],
    isBucket,
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    "without a block of public access",
  ),
  each(
    {
      name: "aws-public-access-blocked",
      allowed: "all four blocks true",
      mend: "components/bucket/aws.ts makes it so",
    },
    ["002:651"],
    "s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
    ({ inputs }) =>
      ["blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets"]
        .filter((key) => at(inputs, key) !== true)
        .map((key) => ({ at: key, is: "not true" })),
  ),
  completed(
    {
      name: "aws-buckets-encrypted",
      allowed: "an encryption by default",
      mend: "components/bucket/aws.ts makes it so",
    },
    ["002:651"],
    isBucket,
    "s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
    "without encryption by default",
  ),
  completed(
    {
      name: "aws-buckets-versioned",
      allowed: "versioning, which brings back what was deleted",
      mend: "components/bucket/aws.ts makes it so",
    },
    ["002:45"],
    isBucket,
    "s3/bucketVersioning:BucketVersioning",
    "without versions",
  ),
  {
    name: "aws-production-not-ended",
    level: "mandatory",
    guides: ["002:45"],
    allowed: "disableApiTermination: true in production",
    mend: "slipway:environment production makes it so",
    kind: "resource",
    judge: (one) =>
      isInstance(one) &&
      textAt(one.inputs, "tags", "slipway:environment") === "production" &&
      at(one.inputs, "disableApiTermination") !== true
        ? [{ at: "disableApiTermination", is: "not true" }]
        : [],
  },
];
