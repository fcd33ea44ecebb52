import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import type { Authority } from "../../components/certificate/resource.ts";
import { Chroma } from "../../components/chroma/docker.ts";
import { Postgres } from "../../components/postgres/docker.ts";
import { Prometheus } from "../../components/prometheus/docker.ts";
import { Redis } from "../../components/redis/docker.ts";
import type { Secrets } from "../../components/secrets/resource.ts";
import { metricsPort } from "../../components/switch/spec.ts";
import type { Placement } from "./placement.ts";
import { networkName } from "./routes.ts";
import { partLimits } from "./tiers.ts";

/** What stands beside the workloads on the private network: stores and Prometheus. */
interface On {
  readonly placement: Placement;
  readonly network: docker.Network;
  readonly parent: pulumi.Resource;
}

export function redis({ placement, network, parent }: On, secrets: Secrets): Redis {
  const { host, system, settings, images } = placement;
  const { enabled } = system.redis;
  const spec = { image: images.redis.id, network: networkName(host), limits: partLimits("redis", settings.tier) };
  return new Redis("redis", { enabled, host, spec, password: secrets.redisPassword, network }, { parent });
}

export function postgres(
  { placement, network, parent }: On,
  { database }: Secrets,
  authority: Authority | undefined,
): Postgres | undefined {
  const { host, system, settings, images } = placement;
  if (system.database.kind !== "postgres" || images.postgres === undefined || database === undefined) return undefined;
  if (authority === undefined) throw new Error("a system with PostgreSQL has a CA");
  const { tier } = settings;
  const limits = partLimits("postgres", tier);
  const { name, connections } = system.database;
  const spec = { image: images.postgres.id, network: networkName(host), limits, tier, connections, database: name };
  const passwords = { ownerPassword: database.owner, appPassword: database.app };
  return new Postgres("postgres", { host, spec, ...passwords, network, authority }, { parent });
}

export function chroma({ placement, network, parent }: On): Chroma | undefined {
  const { host, system, settings, images } = placement;
  const { enabled, offered } = system.chroma;
  if (!enabled && offered !== true) return undefined;
  const limits = partLimits("chroma", settings.tier);
  const spec = { image: images.chroma?.id ?? "", network: networkName(host), limits };
  return new Chroma("chroma", { enabled, host, spec, network }, { parent });
}

export function prometheus({ placement, network, parent }: On): Prometheus {
  const { host, system, settings, images } = placement;
  const { enabled, retentionDays } = settings.prometheus;
  const spec = {
    image: images.prometheus.id,
    network: networkName(host),
    limits: partLimits("prometheus", settings.tier),
    retentionDays,
    jobs: [...system.scrape, { name: "switch", alias: "switch", port: metricsPort }],
  };
  return new Prometheus("prometheus", { enabled, host, spec, network }, { parent });
}
