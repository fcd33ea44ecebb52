import type * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import { BackupPoint } from "../backup/docker.ts";
import { backupsVolume, type DataSpec } from "../backup/spec.ts";
import type { DockerHost } from "../container/docker.ts";
import { resourceName } from "../container/spec.ts";
import { Files } from "../files/docker.ts";
import { directory } from "../files/spec.ts";
import { Migration } from "../migration/docker.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { Rollout } from "../rollout/docker.ts";
import type { Readiness } from "../rollout/spec.ts";
import { dataVolume } from "../volumes/docker.ts";
import { type Deployment, secretEnv, type Workload, workloadContainer, workloadMounts } from "./spec.ts";

export interface AppArgs {
  readonly host: DockerHost;
  readonly workload: Workload;
  readonly deployment: Deployment;
  readonly database: DataSpec["database"];
  readonly directories: DataSpec["directories"];
  readonly keepSets: number;
  readonly schema: SchemaSpec;
  readonly ready: Omit<Readiness, "port" | "path" | "json">;
  readonly secrets: pulumi.Input<Readonly<Record<string, string>>>;
  readonly redisUrl: pulumi.Input<string> | undefined;
  readonly network: docker.Network;
  readonly journal: docker.Volume;
  /** What must be there before the workload can become ready. */
  readonly stores: readonly pulumi.Resource[];
  readonly deviation: string;
}

/** The product's process with its data and its releases: backup point, rehearsed migration, rollout. */
export class App extends pulumi.ComponentResource {
  readonly rollout: Rollout;
  readonly data: DataSpec;

  constructor(name: string, args: AppArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:docker:App", name, {}, opts);
    const volumes = this.volumes(args);
    this.data = dataSpec(args);
    const sets = this.setsDirectory(args, volumes.backups);
    const backupPoint = this.backupPoint(args, [...volumes.data, sets, args.journal, args.network]);
    const migration = this.migration(args, backupPoint);
    this.rollout = this.release(args, migration);
    this.registerOutputs({ release: this.rollout.release });
  }

  private volumes({ host, workload }: AppArgs): { data: docker.Volume[]; backups: docker.Volume } {
    const parent = { parent: this };
    return {
      data: workload.volumes.map((volume) => dataVolume(host, volume.name, parent)),
      backups: dataVolume(host, backupsVolume, parent),
    };
  }

  /** A fresh volume belongs to root; the sets are written by the workload's own user. */
  private setsDirectory({ host, workload, deployment }: AppArgs, backups: docker.Volume): Files {
    const [uid = 0, gid = 0] = workload.user.split(":").map(Number);
    const entries = ["sets", "rehearsal"].map((path) => directory(path, { uid, gid }, 0o700));
    return new Files(
      "backups-directories",
      { host, image: deployment.image, volume: backups.name, entries },
      { parent: this },
    );
  }

  private backupPoint({ host, schema }: AppArgs, dependsOn: pulumi.Resource[]): BackupPoint {
    return new BackupPoint(
      "backup-point",
      { ...host, data: this.data, revision: schema.target },
      { parent: this, dependsOn },
    );
  }

  private migration({ host, schema }: AppArgs, backupPoint: BackupPoint): Migration {
    return new Migration("migration", { ...host, data: this.data, schema, set: backupPoint.set }, { parent: this });
  }

  private release(args: AppArgs, migration: Migration): Rollout {
    const { host, workload, deployment, schema, ready, deviation } = args;
    const secrets = pulumi
      .all([args.secrets, args.redisUrl])
      .apply(([known, redisUrl]) => secretEnv(workload, { secrets: known, redisUrl }));
    return new Rollout(
      "rollout",
      {
        ...host,
        app: workloadContainer(host.place, workload, deployment),
        secretEnv: secrets,
        data: this.data,
        schema,
        revision: migration.target,
        ready: { ...ready, port: workload.port, path: workload.healthPath, json: workload.healthy },
        deviation,
      },
      { parent: this, dependsOn: [args.network, ...args.stores] },
    );
  }
}

function dataSpec(args: AppArgs): DataSpec {
  const { host, workload, deployment, database, directories, keepSets } = args;
  return {
    image: deployment.image,
    user: workload.user,
    mounts: workloadMounts(host.place, workload),
    backupVolume: resourceName(host.place, backupsVolume),
    database,
    directories,
    keep: keepSets,
  };
}
