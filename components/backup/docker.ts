import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { BackupPointInputs, BackupPointOutputs } from "./inputs.ts";

/** A backup set taken before anything of a release changes; what a rehearsal copies and an undo can go back to. */
export class BackupPoint extends StepResource {
  declare readonly set: pulumi.Output<BackupPointOutputs["set"]>;

  constructor(
    name: string,
    args: { [K in keyof BackupPointInputs]: pulumi.Input<BackupPointInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      { module: "backup/step.ts", type: "BackupPoint" },
      name,
      { ...args, set: undefined, kilobytes: undefined },
      ["dataSecrets", ...(args.offsite === undefined ? [] : ["offsite"])],
      opts,
    );
  }
}
