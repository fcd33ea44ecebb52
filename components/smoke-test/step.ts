import { runnerOf } from "../steps/engine.ts";
import { changedBut, type Step } from "../steps/step.ts";
import type { SmokeTestInputs, SmokeTestOutputs } from "./spec.ts";

/** Proves the serving release as its users meet it, through the edge, and undoes it when it is not what it should be. */
const step: Step<SmokeTestInputs, SmokeTestOutputs> = {
  changed: changedBut("note", "webhook"),
  async reconcile(inputs) {
    const { smokeTest } = await import("./reconcile.ts");
    return smokeTest(await runnerOf(inputs.host), inputs);
  },
};

export default step;
