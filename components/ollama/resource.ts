import type * as pulumi from "@pulumi/pulumi";
import { StepResource } from "../steps/resource.ts";
import type { ModelInputs, ModelOutputs } from "./inputs.ts";

/** The model as a step: pulled or made when Ollama lacks it, and proved by one embedding. */
export class OllamaModel extends StepResource {
  declare readonly digest: pulumi.Output<ModelOutputs["digest"]>;
  declare readonly megabytes: pulumi.Output<ModelOutputs["megabytes"]>;
  declare readonly version: pulumi.Output<ModelOutputs["version"]>;

  constructor(
    name: string,
    args: { [K in keyof ModelInputs]: pulumi.Input<ModelInputs[K]> },
    opts: pulumi.CustomResourceOptions,
    module = "ollama/model.step.ts",
  ) {
    super(
      { module, type: "Model" },
      name,
      { ...args, digest: undefined, megabytes: undefined, version: undefined },
      [],
      opts,
    );
  }
}
