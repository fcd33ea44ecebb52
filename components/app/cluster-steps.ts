import type * as pulumi from "@pulumi/pulumi";
import type { ClusterBackupPointInputs } from "../backup/cluster.step.ts";
import type { BackupPointOutputs } from "../backup/inputs.ts";
import type { MigrationInputs, MigrationOutputs } from "../migration/inputs.ts";
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
