import { flag, integer, text } from "../options/kinds.ts";
import { optional } from "../options/option.ts";

const certificate = text((value) => /^arn:aws:acm:[a-z0-9-]+:\d{12}:certificate\/[0-9a-f-]{36}$/.test(value), {
  allowed: "the ARN of a certificate of ACM in the stack's region",
  example: "arn:aws:acm:eu-central-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef",
});

const repository = text((value) => /^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._-]+)+$/.test(value) && value.includes("."), {
  allowed:
    "a repository such as 123456789012.dkr.ecr.eu-central-1.amazonaws.com/slipway/production-parts, without a tag",
  example: "123456789012.dkr.ecr.eu-central-1.amazonaws.com/slipway/production-parts",
});

const moment = text((value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value) && !Number.isNaN(Date.parse(value)), {
  allowed: "a moment in UTC such as 2026-01-01T10:00:00Z",
  example: "2026-01-01T10:00:00Z",
});

const snapshot = text((value) => /^[a-zA-Z](?:-?[a-zA-Z0-9:])*$/.test(value), {
  allowed: "the identifier of a snapshot of RDS",
  example: "slipway-production-20260101t020000z-backup-point",
});

const databaseClass = text((value) => /^db\.[a-z0-9]+\.\w+$/.test(value), {
  allowed: "a class of RDS such as db.m7g.large",
  example: "db.m7g.large",
});

const cacheType = text((value) => /^cache\.[a-z0-9]+\.\w+$/.test(value), {
  allowed: "a type of ElastiCache such as cache.t4g.small",
  example: "cache.t4g.small",
});

/** What `slipway:aws` says of parts that AWS runs. */
export const managedOptions = {
  certificate: optional(
    "Shape managed: certificate of the load balancer, with every host name in it.",
    certificate,
    "one is made, with the hosted zone of aws.zone",
  ),
  parts: optional(
    "Shape managed: repository that has the parts' images too. A task keeps no image, and Docker Hub lets few be pulled without a login.",
    repository,
    "they come from where they are official",
  ),
  restoreTime: optional(
    "Shape managed: moment whose data the next generation of the database begins with (data.generation).",
    moment,
    "the newest that RDS has",
  ),
  restoreSnapshot: optional(
    "Shape managed: snapshot that it begins with instead, e.g. a backup point.",
    snapshot,
    "none",
  ),
  oldestServer: optional(
    "Shape managed: generation below which the servers of the database are gone; unprotect them first.",
    integer(0, 100_000, "", 1),
    "0: each stays beside the next",
  ),
  multiAz: optional(
    "Shape managed: a second server of PostgreSQL and Redis in another zone, which takes over by itself, and a way out in each.",
    flag,
    "true in production, else false",
  ),
  databaseClass: optional(
    "Shape managed: class of the database's server.",
    databaseClass,
    "of the tier: db.t4g.small, db.m7g.large, db.m7g.xlarge",
  ),
  databaseGb: optional(
    "Shape managed: size of the database's disk to begin with; it grows by itself to four times as much.",
    integer(20, 16_000, "GB", 100),
    "of the tier: 20, 60, 120",
  ),
  cacheType: optional(
    "Shape managed: type of Redis' nodes.",
    cacheType,
    "of the tier: cache.t4g.micro, cache.t4g.small, cache.m7g.large",
  ),
};
