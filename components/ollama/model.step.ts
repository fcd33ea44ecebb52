import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { ModelInputs, ModelOutputs } from "./inputs.ts";

const step: Step<ModelInputs, ModelOutputs> = {
  changed: (before, wanted) => changedInputs(before, wanted, ["probeImage"]),
  async reconcile(inputs) {
    const { provideModel } = await import("./reconcile.ts");
    return provideModel(await runnerOf(inputs.host), inputs);
  },
};

export default step;
