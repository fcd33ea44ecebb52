import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { SmokeTestInputs, SmokeTestOutputs } from "./spec.ts";

/** The last step: proves the serving release through the edge, or undoes it. */
export class SmokeTest extends StepResource {
  declare readonly proved: pulumi.Output<SmokeTestOutputs["proved"]>;
  declare readonly provedRelease: pulumi.Output<SmokeTestOutputs["provedRelease"]>;

  constructor(
    name: string,
    args: { [K in keyof SmokeTestInputs]: pulumi.Input<SmokeTestInputs[K]> },
    opts: pulumi.CustomResourceOptions,
  ) {
    super(
      { module: "smoke-test/step.ts", type: "SmokeTest" },
      name,
      {
        ...args,
        proved: undefined,
        provedRelease: undefined,
      },
      ["tokens", "dataSecrets", "webhook"],
      opts,
    );
  }
}
