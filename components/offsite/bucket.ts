import { objectRights } from "../bucket/spec.ts";
import { type Document, document } from "../iam/spec.ts";

/**
 * Who writes copies. restic must delete what retention drops, but not a version of it: for aws.backup.keepDays the bucket has everything
 * again, also what somebody deleted who took the key.
 */
export function copyPolicy(bucketArn: string): Document {
  return document(...objectRights(bucketArn, ["List", "Copies"]));
}

/** `slipway:offsite.url` of a bucket. */
export function copiesUrl(region: string, bucket: string, stack: string): string {
  return `s3:https://s3.${region}.amazonaws.com/${bucket}/${stack}`;
}
