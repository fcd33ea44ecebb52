import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { ProofInputs, ProofOutputs } from "./spec.ts";

/** The last step of a stack that proves: says, signed, what passed here. It changes nothing on the host. */
const step: Step<ProofInputs, ProofOutputs> = {
  changed: changedInputs,
  async reconcile(inputs) {
    const { prove } = await import("./reconcile.ts");
    return prove(await runnerOf(inputs.host), inputs);
  },
};

export default step;
