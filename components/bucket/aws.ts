import { Bucket as AwsBucket } from "@pulumi/aws/s3/bucket.js";
import { BucketLifecycleConfiguration } from "@pulumi/aws/s3/bucketLifecycleConfiguration.js";
import { BucketObjectLockConfiguration } from "@pulumi/aws/s3/bucketObjectLockConfiguration.js";
import { BucketOwnershipControls } from "@pulumi/aws/s3/bucketOwnershipControls.js";
import { BucketPolicy } from "@pulumi/aws/s3/bucketPolicy.js";
import { BucketPublicAccessBlock } from "@pulumi/aws/s3/bucketPublicAccessBlock.js";
import { BucketServerSideEncryptionConfiguration } from "@pulumi/aws/s3/bucketServerSideEncryptionConfiguration.js";
import { BucketVersioning } from "@pulumi/aws/s3/bucketVersioning.js";
import * as pulumi from "@pulumi/pulumi";
import { bucketLifecycle, noPublicAccess, tlsOnly } from "./spec.ts";

export interface BucketArgs {
  /** The account's number is added: names of buckets are the whole world's. */
  readonly bucketName: string;
  readonly keepDays: number;
  /** 0: no lock. */
  readonly lockDays: number;
  /** A key of KMS; without it S3's own. */
  readonly key?: pulumi.Input<string>;
}

/** A private bucket: versioned, encrypted, by TLS alone. It is protected, and AWS deletes none that is not empty. */
export class Bucket extends pulumi.ComponentResource {
  readonly bucket: pulumi.Output<string>;
  readonly arn: pulumi.Output<string>;

  constructor(name: string, args: BucketArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:Bucket", name, {}, opts);
    const { bucketName, keepDays, lockDays, key } = args;
    const parent = { parent: this };
    const made = new AwsBucket(
      name,
      { bucket: bucketName, forceDestroy: false, objectLockEnabled: lockDays > 0 },
      { ...parent, protect: true },
    );
    const bucket = made.id;
    new BucketPublicAccessBlock(name, { bucket, ...noPublicAccess }, parent);
    new BucketOwnershipControls(name, { bucket, rule: { objectOwnership: "BucketOwnerEnforced" } }, parent);
    const versioning = new BucketVersioning(name, { bucket, versioningConfiguration: { status: "Enabled" } }, parent);
    const encryption =
      key === undefined ? { sseAlgorithm: "AES256" } : { sseAlgorithm: "aws:kms", kmsMasterKeyId: key };
    new BucketServerSideEncryptionConfiguration(
      name,
      { bucket, rules: [{ applyServerSideEncryptionByDefault: encryption, bucketKeyEnabled: key !== undefined }] },
      parent,
    );
    new BucketPolicy(name, { bucket, policy: pulumi.jsonStringify(made.arn.apply(tlsOnly)) }, parent);
    const versioned = { ...parent, dependsOn: versioning };
    new BucketLifecycleConfiguration(name, { bucket, rules: [bucketLifecycle(keepDays)] }, versioned);
    if (lockDays > 0)
      new BucketObjectLockConfiguration(
        name,
        { bucket, rule: { defaultRetention: { mode: "COMPLIANCE", days: lockDays } } },
        versioned,
      );
    this.bucket = bucket;
    this.arn = made.arn;
    this.registerOutputs({});
  }
}
