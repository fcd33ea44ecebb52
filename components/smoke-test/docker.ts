import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { SmokeTestInputs, SmokeTestOutputs } from "./spec.ts";

/** The last step: proves the serving release through the edge, or undoes it. */
export class SmokeTest extends StepResource {
  declare readonly proved: pulumi.Output<SmokeTestOutputs["proved"]>;
  declare readonly provedRelease: pulumi.Output<SmokeTestOutputs["provedRelease"]>;
  /** Undefined in a state that an earlier Slipway wrote. */
  declare readonly reports: pulumi.Output<SmokeTestOutputs["reports"] | undefined>;

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
        reports: undefined,
      },
      ["tokens", "dataSecrets", "webhook", ...(args.commands === undefined ? [] : ["commands"])],
      opts,
    );
  }
}
