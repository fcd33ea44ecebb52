import * as pulumi from "@pulumi/pulumi";
import { FargateApp } from "../../../components/app/fargate-app.ts";
import { limitsOf } from "../../../components/app/options.ts";
import type { Deployment } from "../../../components/app/spec.ts";
import { resourceName } from "../../../components/container/spec.ts";
import { FargateCluster } from "../../../components/ecs/aws.ts";
import { Groups } from "../../../components/firewall/groups.ts";
import { postgresAlias, trustMount } from "../../../components/postgres/spec.ts";
import { localRedis, redisTunnel, tunnelConfig } from "../../../components/redis/elasticache-spec.ts";
import { redisAlias } from "../../../components/redis/spec.ts";
import { Secrets } from "../../../components/secrets/resource.ts";
import { PrivateVpc } from "../../../components/vpc/private.ts";
import { apart, type Proven, proofOf } from "../docker/proof.ts";
import { policyOf } from "../policy.ts";
import { portsOf } from "../ports.ts";
import { managedAlarms } from "./alarms.ts";
import { isMultiAz, partImage, pulledName, servingServer, taskParts, tierExposure } from "./names.ts";
import { knownOf, type Parts } from "./parts.ts";
import type { ManagedPlacement } from "./placement.ts";
import { ManagedProof } from "./proof.ts";
import { managedPostgres, managedRedis } from "./stores.ts";
import { managedWays, targetsOf } from "./ways.ts";

/** Puts one system on parts that AWS runs: RDS, ElastiCache, ECS on Fargate, load balancers. */
export class ManagedPlatform extends pulumi.ComponentResource {
  readonly app: FargateApp;
  readonly smokeTest: ManagedProof;
  /** Undefined where nothing is proved for others. */
  readonly proven: Proven | undefined;
  readonly #placement: ManagedPlacement;

  constructor(placement: ManagedPlacement) {
    super("slipway:aws:Managed", placement.system.name, {}, { providers: [placement.provider] });
    this.#placement = placement;
    const { settings, system } = placement;
    const vpc = this.network();
    const args = { exposure: tierExposure(placement), vpc: vpc.id, stack: settings.stack };
    const groups = new Groups("groups", args, { parent: this }).ids;
    const at = this.cluster(vpc, groups.tasks);
    const secrets = new Secrets("secrets", system, settings.secrets.rotate, { parent: this });
    const on = { placement, subnets: vpc.privateSubnets, groups, host: at.host, parent: this };
    const postgres = managedPostgres(on, secrets);
    const redis = managedRedis(on, secrets);
    const ways = managedWays(placement, vpc, groups.balancer, this);
    const alarms = managedAlarms(placement, { ways, postgres, redis }, this);
    const known = knownOf(secrets, postgres, redis);
    const parts = { at, vpc, group: groups.tasks, secrets, postgres, redis, ways, alarms, known };
    this.app = this.workloads(parts);
    const { app } = this;
    this.smokeTest = new ManagedProof(placement, { ...parts, app, deployment: this.deployment() }, this);
    postgres.retirePasswords(this.smokeTest);
    this.proven = this.prove(at.host, secrets);
    this.registerOutputs({});
  }

  private partImages(): readonly string[] {
    return taskParts.map((part) => partImage(this.#placement, part));
  }

  /** Steps run images by name: no engine has them by id. */
  private prove(host: pulumi.Output<string>, secrets: Secrets): Proven | undefined {
    const { place, images } = this.#placement;
    const named = { ...images, app: { ...images.app, id: pulledName(images.app) } };
    const toProve = { ...this.#placement, host: { host, place }, images: named };
    return proofOf(toProve, secrets, this.smokeTest, this, "proof/cluster.step.ts");
  }

  private network(): PrivateVpc {
    const { settings, zones, region, place } = this.#placement;
    const { cidr } = settings.aws.vpc;
    const name = `slipway ${place.stack}`;
    return new PrivateVpc("network", { cidr, zones, natPerZone: isMultiAz(settings), region, name }, { parent: this });
  }

  private cluster({ id, privateSubnets }: PrivateVpc, group: pulumi.Output<string>): FargateCluster {
    const { settings, images, region, account, place } = this.#placement;
    const own = { vpc: id, subnets: privateSubnets, group, logDays: settings.aws.logDays };
    const helper = partImage(this.#placement, "curl");
    const database = servingServer(place.stack, settings);
    const pulled = { images: [pulledName(images.app), ...this.partImages()], helper, database };
    return new FargateCluster("tasks", { stack: place.stack, region, account, ...own, ...pulled }, { parent: this });
  }

  private deployment(): Deployment {
    const { settings, images, place } = this.#placement;
    return {
      image: pulledName(images.app),
      network: resourceName(place, "private"),
      limits: limitsOf(settings.tier, settings.resources),
      health: settings.health,
      stopGraceSeconds: settings.rollout.stopGraceSeconds,
      mounts: [trustMount(place)],
    };
  }

  private workloads({ at, vpc, group, secrets, postgres, redis, ways, alarms, known }: Parts): FargateApp {
    const { system, settings, place, region } = this.#placement;
    const { database } = system;
    if (database.kind !== "postgres") throw new Error("a system without PostgreSQL was to be refused before");
    const config = (endpoint: pulumi.Input<string>) => pulumi.output(endpoint).apply(tunnelConfig);
    const tunnel =
      redis && redisTunnel<pulumi.Input<string>>(partImage(this.#placement, "haproxy"), redis.endpoint, config);
    return new FargateApp(
      "app",
      {
        at,
        place,
        region,
        subnets: vpc.privateSubnets,
        group,
        helper: partImage(this.#placement, "curl"),
        workloads: system.workloads,
        ports: portsOf(system),
        targetsOf: targetsOf(this.#placement, ways.targets),
        deployment: this.deployment(),
        policy: policyOf(system, settings),
        known,
        elsewhere: { [redisAlias]: localRedis, [postgresAlias]: postgres.server },
        beside: tunnel === undefined ? [] : [tunnel],
        alarms,
        database: {
          kind: "postgres",
          name: database.name,
          image: partImage(this.#placement, "postgres"),
          network: resourceName(place, "private"),
          trust: trustMount(place),
        },
        server: postgres.server,
        instance: postgres.instance.identifier,
        databaseSecrets: secrets.databaseSecrets,
        keepSets: settings.backup.keep,
        schema: system.schema,
        ready: [postgres.ready, apart({ ...this.#placement, host: { host: at.host, place } }, secrets, this)].filter(
          (each) => each !== undefined,
        ),
        stores: [...ways.listening, ...(redis ? [redis.server] : [])],
      },
      { parent: this },
    );
  }
}
