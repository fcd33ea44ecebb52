import * as pulumi from "@pulumi/pulumi";
import { backupsVolume, type DataSpec } from "../backup/spec.ts";
import { type ClusterPlace, claim } from "../cluster/resource.ts";
import type { PodWish } from "../container/kubernetes.ts";
import { type Mount, resourceName } from "../container/spec.ts";
import type { Database, DatabaseSecrets } from "../database/spec.ts";
import { handover, handoverMounts } from "../migration/handover.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { Probe } from "../probe/spec.ts";
import type { ClusterRollout as Wish } from "../rollout/cluster.ts";
import type { CommandRun } from "../smoke-test/spec.ts";
import { ClusterBackupPoint, ClusterMigration, ClusterRollout, LiveMigration } from "./cluster-steps.ts";
import { type ClusterWorkload, clusterWorkload, progressSeconds } from "./cluster-workload.ts";
import { commandRuns, withSecrets } from "./commands.ts";
import { type Autoscale, workerCheck } from "./pods.ts";
import type { ReleasePolicy } from "./policy.ts";
import { type Deployment, type Known, type Workload, workloadContainer, workloadMounts } from "./spec.ts";

export interface ClusterAppArgs {
  readonly at: ClusterPlace;
  readonly workloads: readonly Workload[];
  /** Ports under which a workload is known, by its name. */
  readonly ports: Readonly<Record<string, readonly number[]>>;
  readonly deployment: Deployment;
  readonly database: Database;
  readonly databaseSecrets: pulumi.Output<DatabaseSecrets>;
  readonly directories: DataSpec["directories"];
  readonly keepSets: number;
  readonly schema: SchemaSpec;
  readonly policy: ReleasePolicy;
  readonly known: pulumi.Output<Known>;
  /** Those that are commands run in the workloads' own image. */
  readonly probes: readonly Probe[];
  /** Undefined: as many as the system says. */
  readonly autoscale: Autoscale | undefined;
  /** What must be there before the data can be reached. */
  readonly stores: readonly pulumi.Resource[];
}

/** The product's processes in a stack's namespace: claims, backup point, rehearsed migration, Deployments; in overlap the rollout that goes back. */
export class ClusterApp extends pulumi.ComponentResource {
  /** What serves; the proof is asked anew when it is another. */
  readonly release: pulumi.Output<string>;
  /** What is to be proved depends on these. */
  readonly served: readonly pulumi.Resource[];
  readonly rehearsal: ClusterMigration;
  /** What the real migration said. */
  readonly migrated: pulumi.Output<string>;
  /** In overlap: what the proof notes as serving, or goes back from. */
  readonly rolled: Rolled | undefined;
  /** Where the probes that are commands run; undefined when there are none. A secret. */
  readonly commands: pulumi.Output<Readonly<Record<string, CommandRun>>> | undefined;
  readonly #args: ClusterAppArgs;

  constructor(name: string, args: ClusterAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:App", name, {}, opts);
    this.#args = args;
    const claims = this.claims();
    const common = this.common();
    const set = this.backedUp(common, [...claims, ...args.stores]);
    this.rehearsal = new ClusterMigration("migration", { ...common, ...this.migration(set) }, { parent: this });
    const live = args.database.kind === "sqlite" ? undefined : this.live(common, set);
    this.migrated = live?.migrated ?? pulumi.output("by the handover in the pod, whose log tells");
    const workloads = args.workloads.map((workload) => this.workload(workload, live ?? this.rehearsal));
    const deployments = workloads.map(({ deployment }) => deployment);
    const generations = deployments.map(({ metadata }) => pulumi.interpolate`${metadata.uid}/${metadata.generation}`);
    this.release = pulumi.all(generations).apply((all) => all.join(" "));
    this.rolled = args.policy.mode === "overlap" ? this.rolling(workloads) : undefined;
    this.served = this.rolled === undefined ? deployments : [this.rollout(this.rolled, generations)];
    this.commands = this.commandRuns();
    this.registerOutputs({});
  }

  private commandRuns(): ClusterApp["commands"] {
    const { at, workloads, deployment, probes, known } = this.#args;
    // By the Service of the workload itself.
    const runs = commandRuns(at.place, { workloads, deployment, tcp: [], probes });
    return runs.length === 0 ? undefined : pulumi.secret(known.apply((all) => withSecrets(runs, all)));
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

  private common() {
    const { at, schema, databaseSecrets } = this.#args;
    return { host: at.host, place: at.place, data: this.data(), dataSecrets: databaseSecrets, schema };
  }

  private migration(set: pulumi.Output<string>) {
    const { mode, back, reads, kind, soakHours } = this.#args.policy;
    return { set, mode, back, reads, kind, soakHours };
  }

  /** While the release before serves. */
  private backedUp(common: Common, dependsOn: pulumi.Resource[]): pulumi.Output<string> {
    return new ClusterBackupPoint("backup-point", common, { parent: this, dependsOn }).set;
  }

  private live(common: Common, set: pulumi.Output<string>): LiveMigration {
    const { rehearsed } = this.rehearsal;
    return new LiveMigration("live-migration", { ...common, ...this.migration(set), rehearsed }, { parent: this });
  }

  private workload(workload: Workload, after: pulumi.Resource): ClusterWorkload {
    const { at, ports, deployment, policy, known, autoscale } = this.#args;
    const { name, duty } = workload;
    const own = ports[name] ?? (duty.kind === "worker" ? [] : [duty.port]);
    const before = this.before(workload);
    return clusterWorkload({ at, workload, ports: own, deployment, policy, known, autoscale, before, after }, this);
  }

  private before(workload: Workload): PodWish["before"] {
    const { database, schema, policy, workloads } = this.#args;
    if (database.kind === "postgres") return workerCheck(workload);
    // A worker that shares the file would hand it over a second time.
    if (workload !== workloads[0]) return undefined;
    const data = this.data();
    const argv = handover({ data, database, schema, reads: policy.reads });
    return { name: "handover", argv, mounts: handoverMounts(data) };
  }

  private rolling(all: readonly ClusterWorkload[]): Rolled {
    const { at, workloads, deployment, schema, policy, known, databaseSecrets, autoscale } = this.#args;
    const longest = workloads.map((each) => progressSeconds(policy, workloadContainer(at.place, each, deployment)));
    return {
      rollout: {
        place: at.place,
        releases: pulumi.all(this.named(all.map(({ release }) => release))),
        image: deployment.image,
        revision: schema.target,
        reads: [...policy.reads],
        // One replica after the other.
        seconds:
          Math.max(...longest) * Math.max(autoscale?.max ?? 1, ...workloads.map(({ replicas }) => replicas)) + 60,
      },
      hidden: pulumi
        .all([known, databaseSecrets])
        .apply(([{ secrets, stores }, database]) => [
          ...Object.values(secrets),
          ...Object.values(stores).flatMap(({ url, password }) => [url, password]),
          ...Object.values(database),
        ]),
    };
  }

  private rollout({ rollout, hidden }: Rolled, generations: readonly pulumi.Output<string>[]): ClusterRollout {
    const { host } = this.#args.at;
    const inputs = { ...rollout, host, generations: pulumi.all(this.named(generations)), hidden };
    return new ClusterRollout("rollout", inputs, { parent: this });
  }

  private named<T>(values: readonly T[]): Record<string, T> {
    const names = this.#args.workloads.map(({ name }) => name);
    return Object.fromEntries(values.map((value, index) => [names[index] ?? "", value]));
  }
}

/** Inputs of the steps that release in overlap. */
export interface Rolled {
  readonly rollout: Omit<Wish, "releases"> & { readonly releases: pulumi.Output<Wish["releases"]> };
  /** A secret. */
  readonly hidden: pulumi.Output<string[]>;
}

type Common = ReturnType<ClusterApp["common"]>;
