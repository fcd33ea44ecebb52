/**
 * List prices of AWS in us-east-1 (on demand, Linux, without tax), in US dollars, as publicly known in June 2025. Not asked of AWS: check them at
 * https://calculator.aws before you decide; other regions are up to a third dearer.
 */
export const asOf = "June 2025";

export const hoursPerMonth = 730;

export const prices = {
  /** By the hour. */
  instance: { "t3.medium": 0.0416, "c6i.xlarge": 0.17, "c6i.2xlarge": 0.34 },
  /** A public IPv4 address, by the hour. */
  address: 0.005,
  /** EBS gp3 with its included throughput, by GB and month. */
  gp3: 0.08,
  /** Snapshots, by GB and month of what changed. */
  snapshot: 0.05,
  /** S3 Standard, by GB and month. */
  s3: 0.023,
  /** ECR, by GB and month. */
  ecr: 0.1,
  /** CloudWatch: a metric of the agent's, an alarm, a GB of logs taken in. */
  metric: 0.3,
  alarm: 0.1,
  logs: 0.5,
  /** Secrets Manager, by secret. */
  secret: 0.4,
} as const;
