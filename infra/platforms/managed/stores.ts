import type * as pulumi from "@pulumi/pulumi";
import type { Group } from "../../../components/firewall/tiers.ts";
import { Rds } from "../../../components/postgres/rds.ts";
import { trustMount } from "../../../components/postgres/spec.ts";
import { ElastiCache } from "../../../components/redis/elasticache.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import { generationsOf, isMultiAz, partImage } from "./names.ts";
import type { ManagedPlacement } from "./placement.ts";

/** Where stores go. */
export interface OnAws {
  readonly placement: ManagedPlacement;
  readonly subnets: readonly pulumi.Output<string>[];
  readonly groups: Readonly<Record<Group, pulumi.Output<string>>>;
  /** Where tasks run. */
  readonly host: pulumi.Output<string>;
  readonly parent: pulumi.Resource;
}

/** PostgreSQL and Redis, as stores.ts places them on a Docker host. */
export function managedPostgres({ placement, subnets, groups, host, parent }: OnAws, { database }: Secrets): Rds {
  const { system, settings, place } = placement;
  if (system.database.kind !== "postgres" || database === undefined)
    throw new Error("a system without PostgreSQL was to be refused before");
  const { tier, aws, backup, secrets } = settings;
  const { name, connections } = system.database;
  return new Rds(
    "postgres",
    {
      place,
      database: name,
      connections,
      tier,
      generation: secrets.rotate["postgres"] ?? 0,
      ownerPassword: database.owner,
      appPassword: database.app,
      subnets,
      group: groups.database,
      multiAz: isMultiAz(settings),
      windowDays: backup.windowDays,
      generations: generationsOf(settings),
      instanceClass: aws.databaseClass,
      storageGb: aws.databaseGb,
      host,
      image: partImage(placement, "postgres"),
      trust: trustMount(place),
    },
    { parent },
  );
}

/** Undefined for a system without Redis. */
export function managedRedis(
  { placement: { system, settings, place }, subnets, groups, parent }: OnAws,
  { redisPassword }: Secrets,
): ElastiCache | undefined {
  if (!system.redis.enabled) return undefined;
  const { tier, aws } = settings;
  const multiAz = isMultiAz(settings);
  return new ElastiCache(
    "redis",
    {
      stack: place.stack,
      tier,
      password: redisPassword,
      subnets,
      group: groups.cache,
      multiAz,
      nodeType: aws.cacheType,
    },
    { parent },
  );
}
