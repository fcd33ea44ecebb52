import { Authority } from "../../../components/certificate/resource.ts";
import type { ClusterPlace } from "../../../components/cluster/resource.ts";
import { resourceName } from "../../../components/container/spec.ts";
import type { Database } from "../../../components/database/spec.ts";
import { ClusterPostgres } from "../../../components/postgres/kubernetes.ts";
import { trustInCluster } from "../../../components/postgres/pod.ts";
import { ClusterPrometheus } from "../../../components/prometheus/kubernetes.ts";
import { ClusterRedis } from "../../../components/redis/kubernetes.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import { knowsPasswordOnly } from "../password-only.ts";
import { partLimits } from "../tiers.ts";
import { imageOf, scaledDatabase } from "./names.ts";
import type { ClusterPlacement, InCluster } from "./placement.ts";
import { scrapedIn } from "./ways.ts";

/** What stands beside the workloads in a namespace, as stores.ts places it on a Docker host. */
export function clusterRedis(
  { placement: { system, settings, images }, at, parent }: InCluster,
  { redisPassword, redisOperatorPassword }: Secrets,
): ClusterRedis {
  const spec = {
    image: imageOf(images.parts.redis, settings),
    network: resourceName(at.place, "private"),
    limits: partLimits("redis", settings.tier),
    passwordOnly: knowsPasswordOnly(system),
  };
  const passwords = { password: redisPassword, operatorPassword: redisOperatorPassword };
  return new ClusterRedis("redis", { enabled: system.redis.enabled, at, spec, ...passwords }, { parent });
}

/** Prometheus in the namespace; one that the cluster has already is served by `monitors`. */
export function clusterPrometheus({ placement, at, parent }: InCluster): ClusterPrometheus {
  const { system, settings, images } = placement;
  const { enabled, retentionDays, retentionMb } = settings.prometheus;
  const spec = {
    image: imageOf(images.parts.prometheus, settings),
    networks: [resourceName(at.place, "private")],
    limits: partLimits("prometheus", settings.tier),
    retentionDays,
    retentionMb,
    jobs: scrapedIn(system),
  };
  return new ClusterPrometheus("prometheus", { enabled, at, spec }, { parent });
}

/** Undefined for a system that keeps its rows in a file. */
export function clusterPostgres(
  { placement, at, parent }: InCluster,
  { database }: Secrets,
): ClusterPostgres | undefined {
  const { settings, images } = placement;
  const scaled = scaledDatabase(placement);
  if (scaled.kind !== "postgres" || images.parts.postgres === undefined || database === undefined) return undefined;
  const spec = {
    image: imageOf(images.parts.postgres, settings),
    network: resourceName(at.place, "private"),
    limits: partLimits("postgres", settings.tier),
    tier: settings.tier,
    connections: scaled.connections,
    database: scaled.name,
    generation: settings.secrets.rotate["postgres"] ?? 0,
    // Pods have networks of their own; the namespace's policies say who comes.
    clients: "all",
  } as const;
  const authority = new Authority("authority", { subject: resourceName(at.place, at.place.system) }, { parent });
  const passwords = { ownerPassword: database.owner, appPassword: database.app };
  return new ClusterPostgres("postgres", { at, spec, ...passwords, authority }, { parent });
}

/** Where a system's rows are, in this namespace. */
export function databaseIn(at: ClusterPlace, { system, settings, images }: ClusterPlacement): Database {
  const { database } = system;
  if (database.kind === "sqlite") return database;
  return {
    kind: "postgres",
    name: database.name,
    image: images.parts.postgres === undefined ? "" : imageOf(images.parts.postgres, settings),
    network: resourceName(at.place, "private"),
    trust: trustInCluster(at.place),
  };
}
