import type * as pulumi from "@pulumi/pulumi";
import type { ClusterBackupPointInputs } from "../backup/cluster.step.ts";
import type { BackupPointOutputs } from "../backup/inputs.ts";
import type { MigrationInputs, MigrationOutputs } from "../migration/inputs.ts";
import type { LiveMigrationInputs, LiveMigrationOutputs } from "../migration/live.step.ts";
import type { ClusterRolloutInputs, ClusterRolloutOutputs } from "../rollout/cluster.step.ts";
import { StepResource } from "../steps/resource.ts";

type Inputs<T> = { [K in keyof T]: pulumi.Input<T[K]> };

/** A backup set taken in a cluster before anything of a release changes. */
export class ClusterBackupPoint extends StepResource {
  declare readonly set: pulumi.Output<BackupPointOutputs["set"]>;

  constructor(name: string, args: Inputs<ClusterBackupPointInputs>, opts: pulumi.CustomResourceOptions) {
    const step = { module: "backup/cluster.step.ts", type: "BackupPoint" };
    super(step, name, { ...args, set: undefined, kilobytes: undefined }, ["dataSecrets"], opts);
  }
}

/** The migration rehearsed in a cluster on a copy of that set. */
export class ClusterMigration extends StepResource {
  declare readonly rehearsed: pulumi.Output<MigrationOutputs["rehearsed"]>;
  declare readonly rehearsalSeconds: pulumi.Output<MigrationOutputs["rehearsalSeconds"]>;
  declare readonly findings: pulumi.Output<MigrationOutputs["findings"]>;

  constructor(name: string, args: Inputs<MigrationInputs>, opts: pulumi.CustomResourceOptions) {
    const outputs = { target: undefined, rehearsed: undefined, rehearsalSeconds: undefined, findings: undefined };
    super(
      { module: "migration/cluster.step.ts", type: "Migration" },
      name,
      { ...args, ...outputs },
      ["dataSecrets"],
      opts,
    );
  }
}

/** The real migration of a system in overlap, while the release before serves. */
export class LiveMigration extends StepResource {
  declare readonly migrated: pulumi.Output<LiveMigrationOutputs["migrated"]>;

  constructor(name: string, args: Inputs<LiveMigrationInputs>, opts: pulumi.CustomResourceOptions) {
    const step = { module: "migration/live.step.ts", type: "LiveMigration" };
    super(step, name, { ...args, migrated: undefined }, ["dataSecrets"], opts);
  }
}

/** A release in overlap: waited for, and gone back from. */
export class ClusterRollout extends StepResource {
  declare readonly release: pulumi.Output<ClusterRolloutOutputs["release"]>;

  constructor(name: string, args: Inputs<ClusterRolloutInputs>, opts: pulumi.CustomResourceOptions) {
    const step = { module: "rollout/cluster.step.ts", type: "Rollout" };
    super(step, name, { ...args, release: undefined }, ["hidden"], opts);
  }
}
