import { type Document, document } from "../iam/spec.ts";

/** The tag by which Data Lifecycle Manager finds the volume. */
export function snapshotTag(stack: string): Readonly<Record<string, string>> {
  return { "slipway:snapshots": stack };
}

/** 03:30 UTC: after the guides' backups at 02:00, so that a snapshot has the night's set in it. */
export const snapshotTime = "03:30";

/** The role of Data Lifecycle Manager: it makes snapshots of this region's volumes with our tag, and deletes those that carry it. */
export function snapshotPolicy(region: string, account: string, stack: string): Document {
  const volumes = `arn:aws:ec2:${region}:${account}:volume/*`;
  const snapshots = `arn:aws:ec2:${region}::snapshot/*`;
  const ours = { StringEquals: { "aws:ResourceTag/slipway:snapshots": stack } };
  return document(
    { Sid: "Look", Effect: "Allow", Action: ["ec2:DescribeSnapshots", "ec2:DescribeVolumes"], Resource: ["*"] },
    { Sid: "SnapshotOurVolume", Effect: "Allow", Action: ["ec2:CreateSnapshot"], Resource: [volumes], Condition: ours },
    { Sid: "NameSnapshots", Effect: "Allow", Action: ["ec2:CreateSnapshot"], Resource: [snapshots] },
    {
      Sid: "TagNewSnapshots",
      Effect: "Allow",
      Action: ["ec2:CreateTags"],
      Resource: [snapshots],
      Condition: { StringEquals: { "ec2:CreateAction": "CreateSnapshot" } },
    },
    {
      Sid: "DropOurSnapshots",
      Effect: "Allow",
      Action: ["ec2:DeleteSnapshot"],
      Resource: [snapshots],
      Condition: ours,
    },
  );
}
