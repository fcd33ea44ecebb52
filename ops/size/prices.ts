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
  /** RDS for PostgreSQL in one zone, by the hour; two zones are twice as much. */
  database: { "db.t4g.small": 0.032, "db.m7g.large": 0.168, "db.m7g.xlarge": 0.337 },
  /** Its gp3, by GB and month in one zone; what lies beyond the disk's size in backups. */
  databaseGp3: 0.115,
  databaseBackup: 0.095,
  /** ElastiCache for Redis, by node and hour. */
  cache: { "cache.t4g.micro": 0.016, "cache.t4g.small": 0.032, "cache.m7g.large": 0.158 },
  /** Fargate on Linux and x86, by the hour: a processor, a GB of memory. */
  taskCpu: 0.04048,
  taskGb: 0.004445,
  /** A load balancer and its first unit of capacity, by the hour. */
  balancer: 0.0225 + 0.008,
  /** A NAT gateway, by the hour; each GB through it. */
  nat: 0.045,
  natGb: 0.045,
  /** WAF by month: a list, a rule. */
  waf: 5 + 1,
} as const;
