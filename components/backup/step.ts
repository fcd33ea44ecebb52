import { label } from "../container/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { BackupPointInputs, BackupPointOutputs } from "./inputs.ts";

const step: Step<BackupPointInputs, BackupPointOutputs> = {
  changed: (before, wanted) => changedInputs(reasons(before), reasons(wanted)),
  async reconcile(inputs) {
    const { backUp } = await import("./reconcile.ts");
    return backUp(await runnerOf(inputs.host), inputs);
  },
  async remove({ host, place }) {
    // Created before Rollout and deleted after it: a Rollout whose first run failed is not in the state, its containers are on the host.
    const runner = await runnerOf(host);
    for (const role of ["workload", "session", "files", "lease"]) {
      const left = await runner.list({ [label.stack]: place.stack, [label.role]: role });
      await Promise.all(left.map((container) => runner.remove(container.id)));
    }
  },
};

/** How many sets are kept, or where volumes are mounted, is no reason for another set; other data are. */
function reasons(bag: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return {
    image: member(bag["data"], "image"),
    target: member(bag["schema"], "target"),
    generation: member(bag["place"], "generation"),
  };
}

function member(bag: unknown, name: string): unknown {
  return bag !== null && typeof bag === "object" ? new Map(Object.entries(bag)).get(name) : bag;
}

export default step;
