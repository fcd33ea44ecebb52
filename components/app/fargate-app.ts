import * as pulumi from "@pulumi/pulumi";
import { backupsVolume, type DataSpec } from "../backup/spec.ts";
import { resourceName } from "../container/spec.ts";
import type { DatabaseSecrets, PostgresDatabase } from "../database/spec.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { ClusterRollout as Wish } from "../rollout/cluster.ts";
import { StepResource } from "../steps/resource.ts";
import { ClusterMigration, ClusterRollout, LiveMigration } from "./cluster-steps.ts";
import { type FargateWorkload, type FargateWorkloadArgs, fargateWorkload } from "./fargate-workload.ts";

import type { Workload } from "./spec.ts";

type Shared = Omit<FargateWorkloadArgs, "workload" | "ports" | "targets" | "after">;

export interface FargateAppArgs extends Shared {
  readonly workloads: readonly Workload[];
  readonly ports: Readonly<Record<string, readonly number[]>>;
  /** Where a balancer finds each workload. */
  readonly targetsOf: Readonly<Record<string, FargateWorkloadArgs["targets"]>>;
  readonly database: PostgresDatabase;
  /** Its name in the network, known late. */
  readonly server: pulumi.Output<string>;
  /** Identifier of the server, whose snapshots are the backup points. */
  readonly instance: pulumi.Output<string>;
  readonly databaseSecrets: pulumi.Output<DatabaseSecrets>;
  readonly keepSets: number;
  readonly schema: SchemaSpec;
  /** Before the backup point: the roles are there, the secrets are the stack's own. */
  readonly ready: readonly pulumi.Resource[];
  /** Before a workload begins: what it asks, and what asks it. */
  readonly stores: readonly pulumi.Resource[];
}

/** The product's processes on Fargate: snapshot, rehearsed migration, the real one, services, and the rollout that goes back. */
export class FargateApp extends pulumi.ComponentResource {
  readonly release: pulumi.Output<string>;
  readonly rehearsal: ClusterMigration;
  readonly migrated: pulumi.Output<string>;
  readonly served: pulumi.Resource;
  /** What the proof notes as serving, or goes back from. */
  readonly rolled: Rolled;
  readonly #args: FargateAppArgs;

  constructor(name: string, args: FargateAppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:aws:App", name, {}, opts);
    this.#args = args;
    const set = this.backedUp();
    const inputs = this.migration(set);
    this.rehearsal = new ClusterMigration("migration", inputs, { parent: this });
    const { rehearsed } = this.rehearsal;
    const live = new LiveMigration("live-migration", { ...inputs, rehearsed }, { parent: this });
    this.migrated = live.migrated;
    const made = args.workloads.map((workload) => this.workload(workload, live));
    this.rolled = this.rolling(made);
    const generations = pulumi.all(this.named(made.map(({ definition }) => definition.arn)));
    const { rollout, hidden } = this.rolled;
    const rolled = new ClusterRollout(
      "rollout",
      { ...rollout, host: args.at.host, generations, hidden },
      { parent: this, dependsOn: made.map(({ service }) => service) },
    );
    this.release = rolled.release;
    this.served = rolled;
    this.registerOutputs({});
  }

  private backedUp(): pulumi.Output<string> {
    const { place, region, instance, deployment, schema, keepSets, ready } = this.#args;
    const wish = { place, image: deployment.image, target: schema.target, keep: keepSets };
    return new SnapshotPoint(
      "backup-point",
      { region, server: instance, ...wish },
      { parent: this, dependsOn: [...ready] },
    ).set;
  }

  private data(): pulumi.Output<DataSpec> {
    const { place, workloads, deployment, database, server, keepSets } = this.#args;
    return server.apply((host) => ({
      image: deployment.image,
      user: workloads[0]?.user ?? "1000:1000",
      mounts: [],
      backupVolume: resourceName(place, backupsVolume),
      database: { ...database, host },
      directories: [],
      keep: keepSets,
    }));
  }

  private migration(set: pulumi.Output<string>) {
    const { at, place, databaseSecrets, schema, policy } = this.#args;
    const { mode, back, reads, kind, soakHours } = policy;
    const data = this.data();
    return {
      host: at.host,
      place,
      data,
      dataSecrets: databaseSecrets,
      schema,
      set,
      mode,
      back,
      reads,
      kind,
      soakHours,
    };
  }

  private workload(workload: Workload, live: pulumi.Resource): FargateWorkload {
    const { ports, targetsOf, stores } = this.#args;
    const own = ports[workload.name] ?? [];
    const targets = targetsOf[workload.name] ?? [];
    return fargateWorkload({ ...this.#args, workload, ports: own, targets, after: [live, ...stores] }, this);
  }

  private rolling(made: readonly FargateWorkload[]): Rolled {
    const { place, deployment, schema, policy, known, databaseSecrets } = this.#args;
    return {
      rollout: {
        place,
        releases: pulumi.all(this.named(made.map(({ release }) => release))),
        image: deployment.image,
        revision: schema.target,
        reads: [...policy.reads],
        // A task begins in a minute or two; ECS looks at it for as long again, and drains the ones before.
        seconds: policy.times.ready + policy.times.drain + 900,
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

  private named<T>(values: readonly T[]): Record<string, T> {
    const names = this.#args.workloads.map(({ name }) => name);
    return Object.fromEntries(values.map((value, index) => [names[index] ?? "", value]));
  }
}

/** Inputs of the steps that release. */
export interface Rolled {
  readonly rollout: Omit<Wish, "releases"> & { readonly releases: pulumi.Output<Wish["releases"]> };
  /** A secret. */
  readonly hidden: pulumi.Output<string[]>;
}

/** A snapshot of the database before anything of a release changes. */
class SnapshotPoint extends StepResource {
  declare readonly set: pulumi.Output<string>;

  constructor(name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) {
    const step = { module: "backup/rds.step.ts", type: "BackupPoint" };
    super(step, name, { ...inputs, set: undefined, kilobytes: undefined }, [], opts);
  }
}
