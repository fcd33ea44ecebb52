import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { assertAskable } from "../../components/app/commands.ts";
import { App } from "../../components/app/docker.ts";
import { limitsOf } from "../../components/app/options.ts";
import { egressNetwork } from "../../components/app/spec.ts";
import { switchTriggers } from "../../components/bake/spec.ts";
import { Authority, Certificate } from "../../components/certificate/resource.ts";
import type { Chroma } from "../../components/chroma/docker.ts";
import { label, resourceName } from "../../components/container/spec.ts";
import { trustOf } from "../../components/database/spec.ts";
import { Edge } from "../../components/edge/docker.ts";
import type { Ollama, OllamaModel } from "../../components/ollama/docker.ts";
import type { Postgres } from "../../components/postgres/docker.ts";
import type { Prometheus } from "../../components/prometheus/docker.ts";
import { prometheusUrl } from "../../components/prometheus/spec.ts";
import type { Redis } from "../../components/redis/docker.ts";
import { Secrets } from "../../components/secrets/resource.ts";
import { SmokeTest } from "../../components/smoke-test/docker.ts";
import { StepResource } from "../../components/steps/resource.ts";
import { Switch, type SwitchArgs } from "../../components/switch/docker.ts";
import { backendsOf } from "../../components/switch/names.ts";
import { publicOf } from "../../components/switch/public.ts";
import { volume } from "../../components/volumes/docker.ts";
import { keepPartData } from "../../components/volumes/kept.ts";
import type { Settings } from "../config/settings.ts";
import { databaseOf } from "./database.ts";
import type { Placement } from "./placement.ts";
import { policyOf } from "./policy.ts";
import { edgeRoute, gatedRoutes, needsEgress, networkName, networkRoute, tokensOf } from "./routes.ts";
import { chroma, ollama, postgres, prometheus, redis } from "./stores.ts";
import { partLimits } from "./tiers.ts";

/** Containers that a backend may have during a release; fixed, because a change replaces the switch. */
const slots = 32;

/** Puts one system on one Docker host. */
export class DockerPlatform extends pulumi.ComponentResource {
  readonly smokeTest: SmokeTest;
  readonly app: App;
  /** PEM of the stack's own CA, for clients of raw TCP; undefined for a system that needs none. */
  readonly ca: pulumi.Output<string> | undefined;
  readonly embedding: Ollama["embedding"];

  constructor(placement: Placement, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:System", placement.system.name, {}, opts);
    assertAskable(placement.system);
    const network = this.network("private", networkName(placement.host), placement);
    const egress = needsEgress(placement.system)
      ? this.network("egress", egressNetwork(placement.host.place), placement)
      : undefined;
    const journal = volume(placement.host, "journal", { parent: this });
    const secrets = new Secrets("secrets", placement.system, { parent: this });
    const authority = this.authority(placement);
    this.ca = authority?.certificate;
    const on = { placement, network, parent: this };
    const stores = { redis: redis(on, secrets), postgres: postgres(on, secrets, authority) };
    const embeds = ollama(on, egress, journal);
    this.embedding = embeds?.embedding;
    const beside = { chroma: chroma(on), prometheus: prometheus(on) };
    const gate = this.gate(placement, network, journal, authority);
    const edge = this.edge(placement, gate);
    this.app = this.workloads(placement, { network, egress, journal, secrets, gate, embeds, ...stores });
    const parts = [stores.redis, stores.postgres, ...Object.values(beside), embeds, gate, edge];
    this.smokeTest = this.proof(placement, secrets, parts, embeds?.model);
    if (edge !== undefined) this.edgeGuard(placement);
    keepPartData(placement, { ...stores, ...beside, edge, ollama: embeds }, this);
    this.registerOutputs({});
  }

  /** The private one has no way out and no way in: what users reach goes through the edge's socket. Egress has a way out. */
  private network(kind: "private" | "egress", name: string, { host: { place } }: Placement): docker.Network {
    const labels = [
      { label: label.stack, value: place.stack },
      { label: label.system, value: place.system },
    ];
    return new docker.Network(kind, { name, internal: kind === "private", labels }, { parent: this });
  }

  /** The stack's own CA. Only for systems that have a server whose clients verify it: it is protected, so it cannot go again. */
  private authority({ host: { place }, system, settings }: Placement): Authority | undefined {
    if (system.database.kind !== "postgres" && !settings.tcp.public) return undefined;
    return new Authority("authority", { subject: resourceName(place, place.system) }, { parent: this });
  }

  private gate(
    { host, system, settings, images }: Placement,
    network: docker.Network,
    journal: docker.Volume,
    authority: Authority | undefined,
  ): Switch {
    const { readyTimeoutSeconds, holdSeconds } = settings.rollout;
    const { tls } = settings.edge;
    const open = publicOf(settings.tcp, system.tcp);
    const spec = {
      image: images.haproxy.id,
      network: networkName(host),
      limits: partLimits("switch", settings.tier),
      routes: gatedRoutes(system),
      tcp: system.tcp,
      ...(open && { public: open }),
      slots,
      // The longest hold that a release can come to, and a little more.
      holdSeconds: readyTimeoutSeconds + holdSeconds + 10,
      ...(tls.mode === "shared" && { share: tls.stack }),
    };
    const certificate = open && this.publicCertificate(settings, authority);
    return new Switch(
      "switch",
      { host, spec, network, journal, ...(certificate && { certificate }) },
      { parent: this },
    );
  }

  /** Of the public raw TCP ports: given in config, or a leaf of the stack's own CA under the system's own name. */
  private publicCertificate(
    { tcp: { certificate, key }, edge }: Settings,
    authority: Authority | undefined,
  ): SwitchArgs["certificate"] {
    if (certificate !== undefined && key !== undefined) return { certificate, key: pulumi.secret(key.secret) };
    if (authority === undefined) throw new Error("public raw TCP has a CA");
    return new Certificate("public-certificate", { authority, names: [edge.domain] }, { parent: this });
  }

  private edge({ host, system, settings, images }: Placement, gate: Switch): Edge | undefined {
    const { httpsPort, httpPort, tls } = settings.edge;
    if (system.routes.length === 0 || tls.mode === "shared") return undefined;
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

  /** Depends on the last step, so that a destroy removes it first: it refuses while others share the edge. */
  private edgeGuard({ host }: Placement): void {
    const opts = { parent: this, dependsOn: this.smokeTest };
    new StepResource({ module: "edge/guard.step.ts", type: "EdgeGuard" }, "edge-guard", { ...host }, [], opts);
  }

  private workloads(
    placement: Placement,
    made: {
      network: docker.Network;
      egress: docker.Network | undefined;
      journal: docker.Volume;
      secrets: Secrets;
      gate: Switch;
      redis: Redis;
      postgres: Postgres | undefined;
      embeds: Ollama | undefined;
    },
  ): App {
    const { dataHost: host, owner, settings, system, images, volumes, deviation } = placement;
    const { secrets, redis, postgres } = made;
    const database = databaseOf(host, system.database, images);
    return new App(
      "app",
      {
        host,
        owner,
        takeOver: settings.preflight.takeOver ?? "",
        workloads: system.workloads,
        routes: system.routes,
        tcp: system.tcp,
        probes: system.probes,
        deployment: {
          image: images.app.id,
          network: networkName(host),
          limits: limitsOf(settings.tier, settings.resources),
          health: settings.health,
          stopGraceSeconds: settings.rollout.stopGraceSeconds,
          mounts: trustOf(database),
        },
        database,
        databaseSecrets: secrets.databaseSecrets,
        directories: system.directories,
        volumes,
        keepSets: settings.backup.keep,
        schema: system.schema,
        policy: policyOf(system, settings),
        gate: secrets.values.apply((values) => ({
          probeImage: images.curl.id,
          probes: system.probes.filter(({ via }) => via === "network"),
          tokens: tokensOf(system, values),
        })),
        bake: {
          seconds: settings.rollout.bakeSeconds,
          triggers: [...switchTriggers(backendsOf(system.routes).map(({ name }) => name)), ...system.triggers],
          prometheus: settings.prometheus.enabled ? prometheusUrl : "",
        },
        known: pulumi.output({
          secrets: secrets.values,
          stores: {
            ...(system.redis.enabled && { redis: { url: redis.url, password: secrets.redisPassword } }),
            ...(postgres && secrets.database && { postgres: { url: postgres.appUrl, password: secrets.database.app } }),
          },
        }),
        network: made.network,
        egress: made.egress,
        journal: made.journal,
        stores: [redis, ...[postgres?.ready, made.embeds].filter((each) => each !== undefined)],
        gateway: made.gate,
        deviation,
      },
      { parent: this },
    );
  }

  private proof(
    { host, system, settings, images }: Placement,
    secrets: Secrets,
    parts: readonly (Redis | Postgres | Chroma | Prometheus | Ollama | Switch | Edge | undefined)[],
    model: OllamaModel | undefined,
  ): SmokeTest {
    const containers = parts.flatMap((part) => part?.container ?? []);
    const { mode, environment, version, webhook } = policyOf(system, settings);
    return new SmokeTest(
      "smoke-test",
      {
        ...host,
        release: this.app.rollout.release,
        probes: [...system.probes],
        tokens: secrets.values.apply((values) => tokensOf(system, values)),
        network: networkRoute(host, system),
        ...(system.routes.length > 0 && { edge: edgeRoute(host, settings) }),
        ...(this.app.commands && { commands: this.app.commands }),
        probeImage: images.curl.id,
        readySeconds: settings.rollout.readyTimeoutSeconds,
        mode,
        data: this.app.data,
        dataSecrets: secrets.databaseSecrets,
        schema: system.schema,
        environment,
        version,
        webhook,
        upstream: pulumi.all({
          containers: pulumi.all(containers.map((container) => container.id)).apply((ids) => ids.join(" ")),
          ...(model && { model: model.digest }),
        }),
      },
      { parent: this, dependsOn: containers },
    );
  }
}
