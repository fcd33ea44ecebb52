import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { ClusterApp } from "../../../components/app/kubernetes.ts";
import { limitsOf } from "../../../components/app/options.ts";
import { assertFiles } from "../../../components/app/secret-files.ts";
import { clusterAddress } from "../../../components/cluster/address.ts";
import { type ClusterPlace, Namespace } from "../../../components/cluster/resource.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { trustOf } from "../../../components/database/spec.ts";
import type { ClusterRedis } from "../../../components/redis/kubernetes.ts";
import { Secrets } from "../../../components/secrets/resource.ts";
import { StepResource } from "../../../components/steps/resource.ts";
import { policyOf } from "../policy.ts";
import { portsOf } from "../ports.ts";
import { tokensOf } from "../routes.ts";
import { clusterBeside } from "./beside.ts";
import { clusterOllama } from "./models.ts";
import { askedThere, autoscaleOf, imageOf, namespaceOf } from "./names.ts";
import type { ClusterPlacement } from "./placement.ts";
import { clusterPostgres, clusterPrometheus, clusterRedis, databaseIn } from "./stores.ts";
import { exposureOf, monitors, ways } from "./ways.ts";

interface Stores {
  readonly redis: ClusterRedis;
  readonly postgres: ReturnType<typeof clusterPostgres>;
  readonly model: pulumi.Resource | undefined;
}

/** Puts one system into one namespace of a cluster. */
export class KubernetesPlatform extends pulumi.ComponentResource {
  readonly app: ClusterApp;
  readonly smokeTest: SmokeTest;
  readonly #at: ClusterPlace;
  readonly #placement: ClusterPlacement;

  constructor(placement: ClusterPlacement, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:System", placement.system.name, {}, opts);
    for (const workload of placement.system.workloads) assertFiles(workload);
    this.#placement = placement;
    const { modelSource } = placement;
    this.#at = this.cluster();
    const secrets = new Secrets("secrets", placement.system, placement.settings.secrets.rotate, { parent: this });
    const on = { placement, at: this.#at, parent: this };
    const redis = clusterRedis(on, secrets);
    const postgres = clusterPostgres(on, secrets);
    const beside = clusterBeside(on).map(({ server }) => server);
    const model = clusterOllama(on, modelSource)?.model;
    const prometheus = clusterPrometheus(on);
    this.app = this.workloads(secrets, { redis, postgres, model });
    ways(on);
    monitors(on);
    this.smokeTest = this.smokeTested(secrets, [...this.app.served, redis.server, ...beside, prometheus.server]);
    postgres?.retirePasswords(this.smokeTest, this);
    this.registerOutputs({});
  }

  private cluster(): ClusterPlace {
    const { place, settings } = this.#placement;
    const { context, storageClass, volumeGb } = settings.kubernetes;
    const namespace = namespaceOf(settings);
    const provider = new kubernetes.Provider(
      "cluster",
      { ...(context !== undefined && { context }) },
      { parent: this },
    );
    const args = { provider, place, namespace, exposure: exposureOf(this.#placement) };
    const own = new Namespace("private", args, { parent: this });
    const host = clusterAddress({ context, namespace });
    return { provider, namespace: own.namespace, place, host, storageClass, volumeGb };
  }

  private workloads(secrets: Secrets, { redis, postgres, model }: Stores): ClusterApp {
    const { system, settings, images } = this.#placement;
    const database = databaseIn(this.#at, this.#placement);
    return new ClusterApp(
      "app",
      {
        at: this.#at,
        workloads: system.workloads,
        ports: portsOf(system),
        deployment: {
          image: imageOf(images.app, settings),
          network: resourceName(this.#at.place, "private"),
          limits: limitsOf(settings.tier, settings.resources),
          health: settings.health,
          stopGraceSeconds: settings.rollout.stopGraceSeconds,
          mounts: trustOf(database),
        },
        database,
        databaseSecrets: secrets.databaseSecrets,
        directories: system.directories,
        keepSets: settings.backup.keep,
        schema: system.schema,
        policy: policyOf(system, settings),
        known: pulumi.output({
          secrets: secrets.values,
          stores: {
            ...(system.redis.enabled && { redis: { url: redis.url, password: secrets.redisPassword } }),
            ...(postgres && secrets.database && { postgres: { url: postgres.appUrl, password: secrets.database.app } }),
          },
        }),
        autoscale: autoscaleOf(settings),
        probes: system.probes,
        stores: [redis.server, postgres?.ready, model].filter((each) => each !== undefined),
      },
      { parent: this },
    );
  }

  private smokeTested(secrets: Secrets, proved: readonly (pulumi.Resource | undefined)[]): SmokeTest {
    const { system, settings, images } = this.#placement;
    const [first] = [...system.routes, ...system.tcp];
    const base = `http://${first?.alias}:${first?.port}`;
    // `edge` too: users come by an ingress controller, which is the cluster's and not Slipway's.
    const route = {
      target: { base, options: [] },
      from: resourceName(this.#at.place, "private"),
      mounts: [],
      user: "65534:65534",
    };
    return new SmokeTest(
      "smoke-test",
      {
        host: this.#at.host,
        place: this.#at.place,
        release: this.app.release,
        probes: [...askedThere(system)],
        tokens: secrets.values.apply((values) => tokensOf(system, values)),
        network: route,
        ...(system.routes.length > 0 && { edge: route }),
        ...this.app.rolled,
        ...(this.app.commands && { commands: this.app.commands }),
        probeImage: imageOf(images.parts.curl, settings),
        readySeconds: settings.rollout.readyTimeoutSeconds,
        dataSecrets: secrets.databaseSecrets,
      },
      { parent: this, dependsOn: proved.filter((each) => each !== undefined) },
    );
  }
}

class SmokeTest extends StepResource {
  declare readonly proved: pulumi.Output<readonly string[]>;
  declare readonly provedRelease: pulumi.Output<string>;
  declare readonly reports: pulumi.Output<Readonly<Record<string, readonly string[]>>>;

  constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const outputs = { proved: undefined, provedRelease: undefined, reports: undefined };
    const step = { module: "smoke-test/cluster.step.ts", type: "SmokeTest" };
    const perhaps = ["commands", "hidden"].filter((each) => inputs[each] !== undefined);
    super(step, name, { ...inputs, ...outputs }, ["tokens", "dataSecrets", ...perhaps], opts);
  }
}
