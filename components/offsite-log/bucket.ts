/** A place for the log, as rclone reaches it. */
export interface LogBucket {
  readonly provider: "AWS" | "Other";
  readonly endpoint: string;
  /** Of AWS: requests are signed for it. Others take what rclone signs for by itself. */
  readonly region: string | undefined;
  /** Bucket and folder. */
  readonly path: string;
}

/**
 * Reads `slipway:offsite.url` of S3: beside restic's repository, in a folder that restic does not know.
 * @param stack its log has a folder of its own, since several may share a bucket
 * @throws Error for anything but S3, which config refuses before
 */
export function logBucket(url: string, stack: string): LogBucket {
  const [, endpoint, host = "", path = ""] = /^s3:(https?:\/\/([^/]+))\/+(.*?)\/*$/.exec(url) ?? [];
  if (endpoint === undefined || path === "") throw new Error(`${url} is no bucket of S3`);
  const region = /^s3[.-]([a-z0-9-]+)\.amazonaws\.com(\.cn)?$/.exec(host)?.[1];
  const aws = region !== undefined || host === "s3.amazonaws.com";
  return {
    provider: aws ? "AWS" : "Other",
    endpoint,
    region: aws ? (region ?? "us-east-1") : undefined,
    path: `${path}/slipway-log/${stack}`,
  };
}
