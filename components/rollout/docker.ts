import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { RolloutInputs, RolloutOutputs } from "./spec.ts";

/** The release of the workloads: owns their containers, see step.ts. */
export class Rollout extends StepResource {
  declare readonly release: pulumi.Output<RolloutOutputs["release"]>;
  declare readonly migrated: pulumi.Output<RolloutOutputs["migrated"]>;
  declare readonly heldSeconds: pulumi.Output<RolloutOutputs["heldSeconds"]>;
  declare readonly warnings: pulumi.Output<RolloutOutputs["warnings"]>;

  constructor(
    name: string,
    args: { [K in keyof RolloutInputs]: pulumi.Input<RolloutInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      { module: "rollout/step.ts", type: "Rollout" },
      name,
      {
        ...args,
        release: undefined,
        migrated: undefined,
        heldSeconds: undefined,
        seconds: undefined,
        warnings: undefined,
      },
      ["secretEnv", "dataSecrets", "gate", "webhook"],
      opts,
    );
  }
}
