import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { backupsVolume, type DataSpec } from "../backup/spec.ts";
import { type ClusterPlace, claim, secret, service } from "../cluster/resource.ts";
import { type PodWish, podLabels, podOf, selectorOf } from "../container/kubernetes.ts";
import { type ContainerSpec, type Mount, resourceName } from "../container/spec.ts";
import type { SqliteDatabase } from "../database/spec.ts";
import { handover, handoverMounts } from "../migration/handover.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { ClusterBackupPoint, ClusterMigration } from "./cluster-steps.ts";
import { drainSeconds, strategyOf, workloadProbes } from "./pods.ts";
import type { ReleasePolicy } from "./policy.ts";
import { type Deployment, type Known, secretEnv, type Workload, workloadContainer, workloadMounts } from "./spec.ts";

export interface ClusterAppArgs {
  readonly at: ClusterPlace;
  readonly workloads: readonly Workload[];
  /** Ports under which a workload is known, by its name. */
  readonly ports: Readonly<Record<string, readonly number[]>>;
  readonly deployment: Deployment;
  readonly database: SqliteDatabase;
  readonly directories: DataSpec["directories"];
  readonly keepSets: number;
  readonly schema: SchemaSpec;
  readonly policy: ReleasePolicy;
  readonly known: pulumi.Output<Known>;
  /** What must be there before the data can be reached. */
  readonly stores: readonly pulumi.Resource[];
}

/** The product's processes in a stack's namespace: claims, backup point, rehearsed migration, Deployments. */
export class ClusterApp extends pulumi.ComponentResource {
  readonly deployments: readonly kubernetes.apps.v1.Deployment[];
  readonly rehearsal: ClusterMigration;
  readonly #args: ClusterAppArgs;

  constructor(name: string, args: ClusterAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:App", name, {}, opts);
    this.#args = args;
    const claims = this.claims();
    this.rehearsal = this.steps([...claims, ...args.stores]);
    this.deployments = args.workloads.map((workload) => this.workload(workload));
    this.registerOutputs({});
  }

  private claims(): readonly pulumi.Resource[] {
    const { at } = this.#args;
    const volumes = this.mounts().map(({ volume }) => volume);
    return [...new Set([...volumes, resourceName(at.place, backupsVolume)])].map((volume) =>
      claim(at, volume, { parent: this }),
    );
  }

  private mounts(): readonly Mount[] {
    const { at, workloads } = this.#args;
    const mounts = workloads.flatMap((workload) => workloadMounts(at.place, workload));
    // Web and worker may share a volume.
    return mounts.filter((mount, index) => mounts.findIndex(({ path }) => path === mount.path) === index);
  }

  private data(): DataSpec {
    const { at, workloads, deployment, database, directories, keepSets } = this.#args;
    return {
      image: deployment.image,
      user: workloads[0]?.user ?? "0:0",
      mounts: this.mounts(),
      backupVolume: resourceName(at.place, backupsVolume),
      database,
      directories,
      keep: keepSets,
    };
  }

  /** While the release before serves: a set, and the migration on a copy of it. */
  private steps(dependsOn: pulumi.Resource[]): ClusterMigration {
    const { at, schema, policy } = this.#args;
    const { mode, back, reads, kind, soakHours } = policy;
    const common = { host: at.host, place: at.place, data: this.data(), dataSecrets: {}, schema };
    const { set } = new ClusterBackupPoint("backup-point", common, { parent: this, dependsOn });
    const inputs = { ...common, set, mode, back, reads, kind, soakHours };
    return new ClusterMigration("migration", inputs, { parent: this });
  }

  private workload(workload: Workload): kubernetes.apps.v1.Deployment {
    const { at, ports, deployment, policy, known } = this.#args;
    const { name, replicas, duty } = workload;
    const { health: _, init: __, ...spec } = workloadContainer(at.place, workload, deployment);
    const own = { parent: this, provider: at.provider };
    const labels = podLabels(spec);
    const matchLabels = selectorOf(spec);
    if (duty.kind !== "worker")
      service(at, name, { selector: matchLabels, ports: ports[name] ?? [duty.port] }, { parent: this });
    if (replicas > 1)
      new kubernetes.policy.v1.PodDisruptionBudget(
        name,
        { metadata: { name, namespace: at.namespace }, spec: { maxUnavailable: 1, selector: { matchLabels } } },
        own,
      );
    const variables = known.apply((all) => secretEnv(workload, all));
    const template = this.pod(workload, spec, secret(at, `${name}-env`, variables, { parent: this }));
    return new kubernetes.apps.v1.Deployment(
      name,
      {
        metadata: { name, namespace: at.namespace, labels },
        spec: {
          replicas,
          selector: { matchLabels },
          strategy: strategyOf(workload, policy),
          // A start, and the handover before it; the provider fails with the pod's events when it is over.
          progressDeadlineSeconds: policy.times.ready + policy.times.hold + spec.stopGraceSeconds + drainSeconds,
          revisionHistoryLimit: 3,
          template: { metadata: { labels }, spec: template },
        },
      },
      { ...own, dependsOn: this.rehearsal },
    );
  }

  private pod(workload: Workload, spec: ContainerSpec, variables: pulumi.Input<string>) {
    const { database, schema, policy, deployment } = this.#args;
    const probes = workloadProbes(workload, deployment.health, spec.stopGraceSeconds);
    const data = this.data();
    const argv = handover({ data, database, schema, reads: policy.reads });
    const before = { name: "handover", argv, mounts: handoverMounts(data) };
    const wish: PodWish<pulumi.Input<string>> = {
      spec,
      secretEnv: [variables],
      probes,
      // A worker that shares the file would hand it over a second time.
      ...(workload === this.#args.workloads[0] && { before }),
      drainSeconds: workload.duty.kind === "worker" ? 0 : drainSeconds,
      restart: "Always",
    };
    return { ...podOf(wish), topologySpreadConstraints: spread(selectorOf(spec)) };
  }
}

/** Replicas on nodes of their own, as far as there are any. */
function spread(matchLabels: Record<string, string>) {
  return [
    {
      maxSkew: 1,
      topologyKey: "kubernetes.io/hostname",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: { matchLabels },
    },
  ];
}
