import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { BackupPoint } from "../backup/docker.ts";
import { backupsVolume, type DataSpec } from "../backup/spec.ts";
import type { DockerHost } from "../container/docker.ts";
import { resourceName } from "../container/spec.ts";
import type { Database, DatabaseSecrets } from "../database/spec.ts";
import { Files } from "../files/docker.ts";
import { directory, ownerOf } from "../files/spec.ts";
import { Migration } from "../migration/docker.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { Offsite } from "../offsite/copies.ts";
import type { Probe } from "../probe/spec.ts";
import { Rollout } from "../rollout/docker.ts";
import type { RolloutInputs, WorkloadPlan } from "../rollout/spec.ts";
import type { CommandRun } from "../smoke-test/spec.ts";
import { backendsOf } from "../switch/names.ts";
import type { Route, TcpRoute } from "../switch/spec.ts";
import { dataVolume } from "../volumes/docker.ts";
import { dataPart, keptData } from "../volumes/spec.ts";
import { commandRuns, withSecrets } from "./commands.ts";
import { dutyOf } from "./duty.ts";
import type { ReleasePolicy } from "./policy.ts";
import { type Deployment, type Known, secretEnv, type Workload, workloadContainer, workloadMounts } from "./spec.ts";

export interface AppArgs {
  readonly host: DockerHost;
  /** The address of the Pulumi state, and of the one that this stack may be taken from. */
  readonly owner: string;
  readonly takeOver: string;
  readonly workloads: readonly Workload[];
  readonly routes: readonly Route[];
  readonly tcp: readonly TcpRoute[];
  readonly probes: readonly Probe[];
  readonly deployment: Deployment;
  readonly database: Database;
  readonly databaseSecrets: pulumi.Output<DatabaseSecrets>;
  readonly directories: DataSpec["directories"];
  /** The stack's volumes on the host, by part. */
  readonly volumes: readonly string[];
  readonly keepSets: number;
  /** Where the backup point must be before a release begins. @default on the host */
  readonly offsite: Offsite | undefined;
  readonly schema: SchemaSpec;
  readonly policy: ReleasePolicy;
  readonly gate: pulumi.Output<RolloutInputs["gate"]>;
  readonly bake: RolloutInputs["bake"];
  readonly known: pulumi.Output<Known>;
  /** Of the workloads, and of what a release asks. */
  readonly networks: readonly docker.Network[];
  readonly journal: docker.Volume;
  /** What must be there before the data can be reached. */
  readonly stores: readonly pulumi.Resource[];
  /** The switch: nothing can be released without it. */
  readonly gateway: pulumi.Resource;
  readonly deviation: string;
}

/** The product's processes with their data and releases: backup point, rehearsed migration, rollout. */
export class App extends pulumi.ComponentResource {
  readonly rollout: Rollout;
  readonly migration: Migration;
  readonly data: DataSpec;
  /** Where the probes that are commands run once the release serves; undefined when there are none. A secret. */
  readonly commands: pulumi.Output<Readonly<Record<string, CommandRun>>> | undefined;

  constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:App", name, {}, opts);
    const volumes = this.volumes(args);
    this.data = dataSpec(args);
    const sets = this.setsDirectory(args, volumes.backups);
    const backupPoint = this.backupPoint(args, [
      ...volumes.data,
      sets,
      args.journal,
      ...args.networks,
      ...args.stores,
      args.gateway,
    ]);
    this.migration = this.rehearsal(args, backupPoint);
    this.rollout = this.release(args, backupPoint);
    this.commands = this.commandRuns(args);
    this.registerOutputs({ release: this.rollout.release });
  }

  private volumes({ host, workloads, volumes }: AppArgs): { data: docker.Volume[]; backups: docker.Volume } {
    const parent = { parent: this };
    const all = workloads.flatMap((workload) => workload.volumes.map(({ name }) => dataPart(host.place, name)));
    const named = [...new Set(all)];
    // Nothing waits for these: they must be able to leave the state by themselves.
    for (const name of keptData(volumes, named, host.place)) dataVolume(host, name, parent);
    return {
      data: named.map((name) => dataVolume(host, name, parent)),
      backups: dataVolume(host, backupsVolume, parent),
    };
  }

  /** A fresh volume belongs to root; the sets are written by the workload's own user. */
  private setsDirectory({ host, workloads, deployment }: AppArgs, backups: docker.Volume): Files {
    const owner = ownerOf(workloads[0]?.user ?? "0:0");
    const entries = ["sets", "rehearsal"].map((path) => directory(path, owner, 0o700));
    return new Files(
      "backups-directories",
      { host, image: deployment.image, volume: backups.name, entries },
      { parent: this },
    );
  }

  private backupPoint(args: AppArgs, dependsOn: pulumi.Resource[]): BackupPoint {
    const { host, schema, policy, offsite } = args;
    const data = { data: this.data, dataSecrets: args.databaseSecrets, ...(offsite && { offsite }) };
    const inputs = { ...host, ...data, mode: policy.mode, schema };
    return new BackupPoint("backup-point", inputs, { parent: this, dependsOn });
  }

  private rehearsal({ host, databaseSecrets, schema, policy }: AppArgs, backupPoint: BackupPoint): Migration {
    const { mode, back, reads, kind, soakHours } = policy;
    return new Migration(
      "migration",
      {
        ...host,
        mode,
        data: this.data,
        dataSecrets: databaseSecrets,
        schema,
        set: backupPoint.set,
        back,
        reads,
        kind,
        soakHours,
      },
      { parent: this },
    );
  }

  private release(args: AppArgs, backupPoint: BackupPoint): Rollout {
    const { host, owner, takeOver, workloads, policy } = args;
    const { mode, back, reads, times, retry, acceptSchema, environment, version } = policy;
    const secrets = args.known.apply((known) =>
      Object.fromEntries(workloads.map((each) => [each.name, secretEnv(each, known)])),
    );
    return new Rollout(
      "rollout",
      {
        ...host,
        owner,
        takeOver,
        mode,
        workloads: workloads.map((workload) => workloadPlan(args, workload)),
        secretEnv: secrets,
        data: this.data,
        dataSecrets: args.databaseSecrets,
        schema: args.schema,
        set: backupPoint.set,
        rehearsed: this.migration.target,
        back,
        reads,
        gate: args.gate,
        times,
        bake: args.bake,
        retry,
        acceptSchema,
        environment,
        version,
        webhook: policy.webhook,
        ...policy.promoted,
        deviation: args.deviation,
      },
      { parent: this },
    );
  }

  private commandRuns(args: AppArgs): App["commands"] {
    const { host, workloads, deployment, tcp, probes, known } = args;
    const runs = commandRuns(host.place, { workloads, deployment, tcp, probes });
    return runs.length === 0 ? undefined : pulumi.secret(known.apply((values) => withSecrets(runs, values)));
  }
}

function workloadPlan({ host, deployment, routes, tcp }: AppArgs, workload: Workload): WorkloadPlan {
  const container = workloadContainer(host.place, workload, deployment);
  return { container, replicas: workload.replicas, duty: dutyOf(workload, backendsOf(routes, tcp)) };
}

function dataSpec(args: AppArgs): DataSpec {
  const { host, workloads, deployment, database, directories, keepSets } = args;
  const mounts = workloads.flatMap((workload) => workloadMounts(host.place, workload));
  return {
    image: deployment.image,
    user: workloads[0]?.user ?? "0:0",
    // Web and worker may share a volume.
    mounts: mounts.filter((mount, at) => mounts.findIndex(({ path }) => path === mount.path) === at),
    backupVolume: resourceName(host.place, backupsVolume),
    database,
    directories,
    keep: keepSets,
  };
}
