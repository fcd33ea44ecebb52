import { label } from "../container/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import { changedInputs, deviates, type Step } from "../steps/step.ts";
import type { RolloutInputs, RolloutOutputs } from "./spec.ts";

/** Owns the workloads' containers: see README, "How a release happens". */
const step: Step<RolloutInputs, RolloutOutputs> = {
  changed(before, wanted) {
    const changed = changedInputs(before, wanted, ["deviation", "note", "owner", "takeOver", "webhook"]);
    // A deviation that is gone is no reason to run: the run that mended it was the last one.
    return deviates(wanted) ? [...changed, "deviation"] : changed;
  },
  async reconcile(inputs) {
    const { rollOut } = await import("./reconcile.ts");
    return rollOut(await runnerOf(inputs.host), inputs);
  },
  async remove({ host, place }) {
    const runner = await runnerOf(host);
    const containers = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
    await Promise.all(
      containers.map(async (container) => {
        await runner.stop(container.id, 30);
        await runner.remove(container.id);
      }),
    );
  },
};

export default step;
