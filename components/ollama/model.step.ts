import { runnerOf } from "../steps/engine.ts";
import { changedBut, type Step } from "../steps/step.ts";
import type { ModelInputs, ModelOutputs } from "./inputs.ts";

const step: Step<ModelInputs, ModelOutputs> = {
  changed: changedBut("probeImage"),
  async reconcile(inputs) {
    const { provideModel } = await import("./reconcile.ts");
    return provideModel(await runnerOf(inputs.host), inputs);
  },
};

export default step;
