import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { MigrationInputs, MigrationOutputs } from "./inputs.ts";

/** Asserts and rehearses on a copy while the old release serves. The real migration is Rollout's, because its undo is. */
const step: Step<MigrationInputs, MigrationOutputs> = {
  // How many sets are kept, or where volumes are mounted, is no reason to rehearse again.
  changed: (before, wanted) => changedInputs(reasons(before), reasons(wanted)),
  async reconcile(inputs) {
    const { rehearseMigration } = await import("./reconcile.ts");
    return rehearseMigration(await runnerOf(inputs.host), inputs);
  },
};

function reasons({ data, ...inputs }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const image = data !== null && typeof data === "object" && "image" in data ? data.image : data;
  const { schema, set, back, reads, kind } = inputs;
  return { image, schema, set, back, reads, kind };
}

export default step;
