import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { assertAskable } from "../../../components/app/commands.ts";
import { App } from "../../../components/app/docker.ts";
import { limitsOf } from "../../../components/app/options.ts";
import { egressNetwork } from "../../../components/app/spec.ts";
import { switchTriggers } from "../../../components/bake/spec.ts";
import type { Part } from "../../../components/container/docker.ts";
import { stackNetwork } from "../../../components/container/network.ts";
import { trustOf } from "../../../components/database/spec.ts";
import { shipPortOf } from "../../../components/logs/spec.ts";
import type { Ollama } from "../../../components/ollama/docker.ts";
import type { OllamaModel } from "../../../components/ollama/resource.ts";
import type { Postgres } from "../../../components/postgres/docker.ts";
import { prometheusUrl } from "../../../components/prometheus/spec.ts";
import type { Redis } from "../../../components/redis/docker.ts";
import { Secrets } from "../../../components/secrets/resource.ts";
import { SmokeTest } from "../../../components/smoke-test/docker.ts";
import type { Switch } from "../../../components/switch/docker.ts";
import { backendsOf } from "../../../components/switch/names.ts";
import { volume } from "../../../components/volumes/docker.ts";
import { keepPartData } from "../../../components/volumes/kept.ts";
import { policyOf } from "../policy.ts";
import { edgeRoute, needsEgress, networkName, networkRoute, tokensOf } from "../routes.ts";
import { archive, fileLog, receiveLog } from "./archive.ts";
import { beside } from "./beside.ts";
import { databaseOf } from "./database.ts";
import { tellDeviations } from "./deviations.ts";
import { firewall } from "./firewall.ts";
import { authority, edge, edgeGuard, edgeMetrics, gate } from "./gateway.ts";
import { MadeParts, nameParts } from "./named.ts";
import { InnerNetworks } from "./networks.ts";
import { offsiteOf } from "./offsite.ts";
import { sendLog } from "./offsite-log.ts";
import type { Placement } from "./placement.ts";
import { apart, type Proven, proofOf } from "./proof.ts";
import { shipLogs, shipper } from "./ship.ts";
import { ollama, postgres, prometheus, redis } from "./stores.ts";
import { watchers, watchNetwork } from "./watch.ts";

/** Puts one system on one Docker host. */
export class DockerPlatform extends pulumi.ComponentResource {
  readonly smokeTest: SmokeTest;
  readonly app: App;
  /** PEM of the stack's own CA, for clients of raw TCP; undefined for a system that needs none. */
  readonly ca: pulumi.Output<string> | undefined;
  readonly embedding: Ollama["embedding"];
  /** Undefined for a stack that proves nothing. */
  readonly proven: Proven | undefined;

  constructor(placement: Placement, opts?: pulumi.ComponentResourceOptions) {
    const made = new MadeParts();
    const transformations = [
      ...(opts?.transformations ?? []),
      tellDeviations(placement.found, placement.serving),
      shipLogs(placement.settings),
      made.note,
    ];
    super("slipway:docker:System", placement.system.name, {}, { ...opts, transformations });
    assertAskable(placement.system);
    const networks = new InnerNetworks(placement, this);
    const egress = this.egress(placement);
    const walls = firewall(placement, egress, this);
    const journal = volume(placement.host, "journal", { parent: this });
    const secrets = new Secrets("secrets", placement.system, placement.settings.secrets.rotate, { parent: this });
    const on = { placement, networks, parent: this };
    shipper(on, secrets);
    const ca = authority(placement, this);
    this.ca = ca?.certificate;
    const stores = { redis: redis(on, secrets), postgres: postgres(on, secrets, ca) };
    const embeds = ollama(on, egress, journal);
    this.embedding = embeds?.embedding;
    const ofFile = fileLog(on);
    const log = archive(on, stores.postgres, secrets) ?? ofFile;
    const watch = watchNetwork(on);
    const besides = { ...beside(on), prometheus: prometheus(on, watch) };
    watchers(on, watch, { ...stores, journal, archive: log }, secrets);
    const metrics = edgeMetrics(placement, this);
    const entry = gate(on, journal, ca, metrics);
    const front = edge(placement, entry, secrets.redisOperatorPassword, this, { walls: walls?.stands, metrics });
    this.app = this.workloads(placement, { networks, egress, journal, secrets, gate: entry, embeds, ...stores });
    receiveLog(placement, ofFile, this.app);
    sendLog(placement, log, this.app.data, this);
    const parts = [stores.redis, stores.postgres, ...Object.values(besides), embeds, entry, front];
    this.smokeTest = this.smokeTested(placement, secrets, parts, embeds?.model);
    stores.redis.retirePasswords(this.smokeTest, this);
    stores.postgres?.retirePasswords(this.smokeTest, this);
    this.proven = proofOf(placement, secrets, this.smokeTest, this);
    if (front !== undefined) edgeGuard(placement, this.smokeTest, this);
    keepPartData(placement, { ...stores, ...besides, edge: front, ollama: embeds, archive: log }, this);
    nameParts(placement, made, journal, this);
    this.registerOutputs({});
  }

  private egress({ host: { place }, system }: Placement): docker.Network | undefined {
    if (!needsEgress(system)) return undefined;
    return stackNetwork("egress", { place, name: egressNetwork(place), internal: false }, { parent: this });
  }

  private workloads(
    placement: Placement,
    made: {
      networks: InnerNetworks;
      egress: docker.Network | undefined;
      journal: docker.Volume;
      secrets: Secrets;
      gate: Switch;
      redis: Redis;
      postgres: Postgres | undefined;
      embeds: Ollama | undefined;
    },
  ): App {
    const { dataHost: host, owner, settings, system, images, volumes, deviation, promotion } = placement;
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
          logs: settings.logs,
          shipPort: shipPortOf(settings.logs),
        },
        database,
        databaseSecrets: secrets.databaseSecrets,
        directories: system.directories,
        volumes,
        keepSets: settings.backup.keep,
        offsite: settings.offsite.beforeRelease ? offsiteOf(settings, images.parts.restic?.id) : undefined,
        schema: system.schema,
        policy: policyOf(system, settings, promotion),
        gate: secrets.values.apply((values) => ({
          probeImage: images.parts.curl.id,
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
        networks: [made.networks.private, made.networks.front, ...(made.egress === undefined ? [] : [made.egress])],
        journal: made.journal,
        stores: [
          redis,
          ...[redis.users, postgres?.ready, made.embeds, apart(placement, secrets, this)].filter(
            (each) => each !== undefined,
          ),
        ],
        gateway: made.gate,
        deviation,
      },
      { parent: this },
    );
  }

  private smokeTested(
    { host, system, settings, images, promotion }: Placement,
    secrets: Secrets,
    parts: readonly ({ readonly container: Part | undefined } | undefined)[],
    model: OllamaModel | undefined,
  ): SmokeTest {
    const containers = parts.flatMap((part) => part?.container ?? []);
    const { mode, environment, version, webhook, promoted } = policyOf(system, settings, promotion);
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
        probeImage: images.parts.curl.id,
        readySeconds: settings.rollout.readyTimeoutSeconds,
        mode,
        data: this.app.data,
        dataSecrets: secrets.databaseSecrets,
        schema: system.schema,
        environment,
        version,
        webhook,
        ...(promoted && { note: promoted.note }),
        upstream: pulumi.all({
          containers: pulumi.all(containers.map((container) => container.id)).apply((ids) => ids.join(" ")),
          ...(model && { model: model.digest }),
          // A new proof of what served all the while asks the probes again.
          ...(settings.proof.renew !== undefined && { renew: settings.proof.renew }),
        }),
      },
      { parent: this, dependsOn: containers },
    );
  }
}
