import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { MigrationInputs, MigrationOutputs } from "./inputs.ts";

/** The asserted and rehearsed migration; `target` is what Rollout may run. */
export class Migration extends StepResource {
  declare readonly target: pulumi.Output<MigrationOutputs["target"]>;
  declare readonly rehearsed: pulumi.Output<MigrationOutputs["rehearsed"]>;
  declare readonly rehearsalSeconds: pulumi.Output<MigrationOutputs["rehearsalSeconds"]>;
  declare readonly findings: pulumi.Output<MigrationOutputs["findings"]>;

  constructor(
    name: string,
    args: { [K in keyof MigrationInputs]: pulumi.Input<MigrationInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      { module: "migration/step.ts", type: "Migration" },
      name,
      {
        ...args,
        target: undefined,
        rehearsed: undefined,
        rehearsalSeconds: undefined,
        findings: undefined,
      },
      ["dataSecrets"],
      opts,
    );
  }
}
