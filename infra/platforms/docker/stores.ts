import type * as docker from "@pulumi/docker";
import type * as pulumi from "@pulumi/pulumi";
import { egressNetwork } from "../../../components/app/spec.ts";
import type { Authority } from "../../../components/certificate/resource.ts";
import { Ollama } from "../../../components/ollama/docker.ts";
import { ollamaUrl } from "../../../components/ollama/spec.ts";
import { Postgres } from "../../../components/postgres/docker.ts";
import { Prometheus } from "../../../components/prometheus/docker.ts";
import { Redis } from "../../../components/redis/docker.ts";
import type { Secrets } from "../../../components/secrets/resource.ts";
import { knowsPasswordOnly } from "../password-only.ts";
import { networkName } from "../routes.ts";
import { partLimits } from "../tiers.ts";
import { archivedBy } from "./archived.ts";
import type { InnerNetworks } from "./networks.ts";
import type { Placement } from "./placement.ts";
import { jobsOf } from "./scraped.ts";
import { watchNetworkName, watchOf, watchSources } from "./watched.ts";

/** Where what stands beside the workloads is placed: stores and Prometheus. */
export interface On {
  readonly placement: Placement;
  readonly networks: InnerNetworks;
  readonly parent: pulumi.Resource;
}

/** Redis, with a user for its exporter where one asks it; a system that has it switched off gets a component with nothing in it. */
export function redis({ placement, networks, parent }: On, secrets: Secrets): Redis {
  const { dataHost: host, system, settings, images } = placement;
  const { enabled } = system.redis;
  const limits = partLimits("redis", settings.tier);
  const passwordOnly = knowsPasswordOnly(system);
  const watched = settings.prometheus.enabled && watchSources(placement).has("redis");
  const spec = { image: images.parts.redis.id, network: networkName(host), limits, passwordOnly, watched };
  const passwords = { password: secrets.redisPassword, operatorPassword: secrets.redisOperatorPassword };
  return new Redis("redis", { enabled, host, spec, ...passwords, network: networks.private }, { parent });
}

/** PostgreSQL with its roles and certificate; undefined for a system that keeps its rows in a file. */
export function postgres(
  { placement, networks, parent }: On,
  { database }: Secrets,
  authority: Authority | undefined,
): Postgres | undefined {
  const { dataHost: host, system, settings, images } = placement;
  if (system.database.kind !== "postgres" || images.parts.postgres === undefined || database === undefined)
    return undefined;
  if (authority === undefined) throw new Error("a system with PostgreSQL has a CA");
  const { tier } = settings;
  const limits = partLimits("postgres", tier);
  const { name, connections } = system.database;
  const archived = archivedBy(placement);
  const spec = {
    image: images.parts.postgres.id,
    network: networkName(host),
    limits,
    tier,
    connections,
    database: name,
    generation: settings.secrets.rotate["postgres"] ?? 0,
    ...(archived !== undefined && { archive: archived }),
  };
  const passwords = { ownerPassword: database.owner, appPassword: database.app };
  return new Postgres("postgres", { host, spec, ...passwords, network: networks.private, authority }, { parent });
}

/**
 * Ollama in a container, or the model alone where the host's own Ollama is used; undefined for a system without a model.
 * @param egress its way to the registry of models
 */
export function ollama(
  { placement, networks, parent }: On,
  egress: docker.Network | undefined,
  journal: docker.Volume,
): Ollama | undefined {
  const { host, system, settings, images, modelSource } = placement;
  const wanted = system.ollama;
  if (wanted === undefined || (wanted.mode === "off" && wanted.offered !== true)) return undefined;
  const ways = { private: networkName(host), egress: egressNetwork(host.place) };
  const { gpu } = settings.ollama;
  const limits = partLimits("ollama", settings.tier);
  const spec = { image: images.parts.ollama?.id ?? "", network: ways.private, egress: ways.egress, limits, gpu };
  const joined = [networks.private, ...(egress === undefined ? [] : [egress])];
  const server = wanted.mode === "container" ? { spec, networks: joined } : undefined;
  const before = [...joined, journal];
  if (wanted.mode === "off" || modelSource === undefined)
    return new Ollama("ollama", { host, server, model: undefined, before }, { parent });
  const native = wanted.mode === "native";
  const model = {
    url: ollamaUrl({ mode: wanted.mode, port: settings.ollama.port }),
    network: native ? ways.egress : ways.private,
    hostGateway: native,
    probeImage: images.parts.curl.id,
    model: wanted.model,
    source: modelSource,
  };
  return new Ollama("ollama", { host, server, model, before }, { parent });
}

/** Prometheus, on the networks of all that it asks. @param watch the network of who it tells, where there is one */
export function prometheus({ placement, networks, parent }: On, watch: docker.Network | undefined): Prometheus {
  const { host, system, settings, images } = placement;
  const { enabled, retentionDays, retentionMb, remoteWrite } = settings.prometheus;
  const { url, bearer } = remoteWrite;
  const { names, made } = networks.of("prometheus");
  const spec = {
    image: images.parts.prometheus.id,
    networks: names,
    limits: partLimits("prometheus", settings.tier),
    retentionDays,
    retentionMb,
    watch: watchOf(placement),
    remote: url === undefined ? undefined : { url, bearer: bearer?.secret, network: watchNetworkName(host.place) },
    jobs: jobsOf(system),
  };
  const joined = [...made, ...(watch === undefined ? [] : [watch])];
  return new Prometheus("prometheus", { enabled, host, spec, networks: joined }, { parent });
}
