import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { App } from "../../components/app/docker.ts";
import { limitsOf } from "../../components/app/options.ts";
import type { DockerHost } from "../../components/container/docker.ts";
import { label, resourceName } from "../../components/container/spec.ts";
import { Edge } from "../../components/edge/docker.ts";
import { edgeDataVolume, internalRoot } from "../../components/edge/spec.ts";
import { Prometheus } from "../../components/prometheus/docker.ts";
import { Redis } from "../../components/redis/docker.ts";
import { Secrets } from "../../components/secrets/secrets.ts";
import { SmokeTest } from "../../components/smoke-test/docker.ts";
import type { Route } from "../../components/smoke-test/spec.ts";
import { Switch } from "../../components/switch/docker.ts";
import { volume } from "../../components/volumes/docker.ts";
import type { Settings } from "../config/settings.ts";
import type { Images } from "../images/all.ts";
import type { System } from "../systems/system.ts";
import { partLimits } from "./tiers.ts";

export interface Placement {
  readonly host: DockerHost;
  readonly settings: Settings;
  readonly system: System;
  readonly images: Images;
  /** What preflight found other than the last release left it; empty when nothing. */
  readonly deviation: string;
}

/** Puts one system on one Docker host. */
export class DockerPlatform extends pulumi.ComponentResource {
  readonly smokeTest: SmokeTest;
  readonly app: App;

  constructor(placement: Placement, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:System", placement.system.name, {}, opts);
    const network = this.network(placement.host);
    const journal = volume(placement.host, "journal", { parent: this });
    const secrets = new Secrets("secrets", placement.system, { parent: this });
    const redis = this.redis(placement, network, secrets);
    const prometheus = this.prometheus(placement, network);
    const gate = this.gate(placement, network, journal);
    const edge = this.edge(placement, gate);
    this.app = this.workload(placement, network, journal, secrets, redis);
    this.smokeTest = this.proof(placement, secrets, { redis, prometheus, gate, edge });
    this.registerOutputs({});
  }

  /** No way out of it and no way in: what users reach goes through the edge's socket. */
  private network({ place }: DockerHost): docker.Network {
    const labels = [
      { label: label.stack, value: place.stack },
      { label: label.system, value: place.system },
    ];
    return new docker.Network(
      "private",
      { name: resourceName(place, "private"), internal: true, labels },
      { parent: this },
    );
  }

  private redis({ host, system, settings, images }: Placement, network: docker.Network, secrets: Secrets): Redis {
    const { enabled } = system.redis;
    const spec = { image: images.redis.id, network: networkName(host), limits: partLimits("redis", settings.tier) };
    return new Redis("redis", { enabled, host, spec, password: secrets.redisPassword, network }, { parent: this });
  }

  private prometheus({ host, system, settings, images }: Placement, network: docker.Network): Prometheus {
    const { enabled, retentionDays } = settings.prometheus;
    const spec = {
      image: images.prometheus.id,
      network: networkName(host),
      limits: partLimits("prometheus", settings.tier),
      retentionDays,
      jobs: system.scrape,
    };
    return new Prometheus("prometheus", { enabled, host, spec, network }, { parent: this });
  }

  private gate({ host, system, settings, images }: Placement, network: docker.Network, journal: docker.Volume): Switch {
    const limits = partLimits("switch", settings.tier);
    const spec = { image: images.haproxy.id, network: networkName(host), limits, routes: system.routes };
    return new Switch("switch", { host, spec, network, journal }, { parent: this });
  }

  private edge({ host, system, settings, images }: Placement, gate: Switch): Edge {
    const { httpsPort, httpPort, tls } = settings.edge;
    const spec = {
      image: images.caddy.id,
      limits: partLimits("edge", settings.tier),
      hosts: system.routes.map((route) => route.host),
      httpsPort,
      httpPort,
      bind: settings.environment === "local" ? ["127.0.0.1"] : [],
      tls,
    };
    return new Edge("edge", { host, spec, run: gate.run }, { parent: this });
  }

  private workload(
    placement: Placement,
    network: docker.Network,
    journal: docker.Volume,
    secrets: Secrets,
    redis: Redis,
  ): App {
    const { host, settings, system, images, deviation } = placement;
    return new App(
      "app",
      {
        host,
        workload: system.app,
        deployment: {
          image: images.app.id,
          network: networkName(host),
          limits: limitsOf(settings.tier, settings.resources),
          health: settings.health,
          stopGraceSeconds: settings.rollout.stopGraceSeconds,
        },
        database: system.database,
        directories: system.directories,
        keepSets: settings.backup.keep,
        schema: system.schema,
        ready: { probeImage: images.curl.id, timeoutSeconds: settings.rollout.readyTimeoutSeconds },
        secrets: secrets.values,
        redisUrl: redis.url,
        network,
        journal,
        stores: [redis],
        deviation,
      },
      { parent: this },
    );
  }

  private proof(
    { host, system, settings, images }: Placement,
    secrets: Secrets,
    parts: { redis: Redis; prometheus: Prometheus; gate: Switch; edge: Edge },
  ): SmokeTest {
    const { redis, prometheus, gate, edge } = parts;
    const containers = [redis, prometheus, gate, edge].flatMap((part) => part.container ?? []);
    return new SmokeTest(
      "smoke-test",
      {
        ...host,
        release: this.app.rollout.release,
        probes: [...system.probes],
        tokens: secrets.values.apply((values) => tokensOf(system, values)),
        network: networkRoute(host, system),
        edge: edgeRoute(host, settings),
        probeImage: images.curl.id,
        readySeconds: settings.rollout.readyTimeoutSeconds,
        data: this.app.data,
        upstream: pulumi
          .all(containers.map((container) => container.id))
          .apply((ids) => ({ containers: ids.join(" ") })),
      },
      { parent: this, dependsOn: containers },
    );
  }
}

function networkName({ place }: DockerHost): string {
  return resourceName(place, "private");
}

function networkRoute(host: DockerHost, system: System): Route {
  return {
    target: { base: `http://${system.app.name}:${system.app.port}`, options: [] },
    from: networkName(host),
    mounts: [],
  };
}

/** By the name users use, on the host itself: the edge's address is the host's. */
function edgeRoute({ place }: DockerHost, { edge }: Settings): Route {
  const trust = edge.tls.mode === "internal" ? [`cacert = "${internalRoot}"`] : [];
  return {
    target: {
      base: `https://${edge.domain}:${edge.httpsPort}`,
      options: [`resolve = "${edge.domain}:${edge.httpsPort}:127.0.0.1"`, ...trust],
    },
    from: "host",
    mounts: [{ volume: resourceName(place, edgeDataVolume), path: "/data", readOnly: true }],
  };
}

/** Only the secrets that a probe sends. */
function tokensOf(system: System, values: Readonly<Record<string, string>>): Record<string, string> {
  const names = new Set(system.probes.flatMap((probe) => probe.bearer ?? []));
  return Object.fromEntries(Object.entries(values).filter(([name]) => names.has(name)));
}
