import { type Document, document, type Statement } from "../iam/spec.ts";

/** A private bucket of S3, as plain data. */

/** Requests without TLS are refused, whoever makes them. */
export function tlsOnly(bucketArn: string): Document {
  return document({
    Sid: "TlsOnly",
    Effect: "Deny",
    Principal: "*",
    Action: ["s3:*"],
    Resource: [bucketArn, `${bucketArn}/*`],
    Condition: { Bool: { "aws:SecureTransport": "false" } },
  });
}

/** Who reads and writes a bucket: lists it, and gets, puts and deletes objects, no version of one. @param sids of listing and of objects */
export function objectRights(bucketArn: string, [list, objects]: readonly [string, string]): readonly Statement[] {
  return [
    { Sid: list, Effect: "Allow", Action: ["s3:GetBucketLocation", "s3:ListBucket"], Resource: [bucketArn] },
    {
      Sid: objects,
      Effect: "Allow",
      Action: ["s3:DeleteObject", "s3:GetObject", "s3:PutObject"],
      Resource: [`${bucketArn}/*`],
    },
  ];
}

/** Blocks every public way there is. */
export const noPublicAccess = {
  blockPublicAcls: true,
  blockPublicPolicy: true,
  ignorePublicAcls: true,
  restrictPublicBuckets: true,
} as const;

export interface Lifecycle {
  readonly id: string;
  readonly status: "Enabled";
  readonly filter: { readonly prefix: string };
  readonly noncurrentVersionExpiration: { readonly noncurrentDays: number };
  readonly abortIncompleteMultipartUpload: { readonly daysAfterInitiation: number };
}

/** @param keepDays how long deleted and overwritten objects are kept */
export function bucketLifecycle(keepDays: number): Lifecycle {
  return {
    id: "old-versions",
    status: "Enabled",
    filter: { prefix: "" },
    noncurrentVersionExpiration: { noncurrentDays: keepDays },
    abortIncompleteMultipartUpload: { daysAfterInitiation: 7 },
  };
}
