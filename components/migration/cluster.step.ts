import { clusterRunnerOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { emptyJournal } from "../steps/journal.ts";
import type { Step } from "../steps/step.ts";
import type { MigrationInputs, MigrationOutputs } from "./inputs.ts";
import step from "./step.ts";

/** The rehearsal in a cluster. It knows of no release before this one: a schema newer than the image is refused but for `rollout.reads`. */
const clusterStep: Step<MigrationInputs, MigrationOutputs> = {
  changed: step.changed,
  async reconcile(inputs) {
    const { rehearse } = await import("./reconcile.ts");
    const { place, dataSecrets, data } = inputs;
    const runner = await clusterRunnerOf(inputs.host);
    return redacted(Object.values(dataSecrets), () =>
      rehearse({ runner, place, journal: emptyJournal }, inputs, { data, secrets: dataSecrets }),
    );
  },
};

export default clusterStep;
