import { clusterRunnerOf } from "../steps/engine.ts";
import type { Step } from "../steps/step.ts";
import type { ModelInputs, ModelOutputs } from "./inputs.ts";
import step from "./model.step.ts";

/** The same in a cluster, where Pulumi's lock keeps a second operator away. */
const clusterStep: Step<ModelInputs, ModelOutputs> = {
  changed: step.changed,
  async reconcile(inputs) {
    const { provideModelIn } = await import("./reconcile.ts");
    return provideModelIn(await clusterRunnerOf(inputs.host), inputs);
  },
};

export default clusterStep;
