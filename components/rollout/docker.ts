import * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { RolloutInputs, RolloutOutputs } from "./spec.ts";

/** The release of the workload: owns its containers, see step.ts. */
export class Rollout extends StepResource {
  declare readonly release: pulumi.Output<RolloutOutputs["release"]>;
  declare readonly migrated: pulumi.Output<RolloutOutputs["migrated"]>;
  declare readonly gapSeconds: pulumi.Output<RolloutOutputs["gapSeconds"]>;

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
        secretEnv: pulumi.secret(args.secretEnv),
        release: undefined,
        migrated: undefined,
        gapSeconds: undefined,
      },
      ["secretEnv"],
      opts,
    );
  }
}
