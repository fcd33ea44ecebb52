import { type Document, document } from "../iam/spec.ts";

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
