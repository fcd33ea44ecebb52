import type { Place } from "../container/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import { StepFailure } from "../steps/failure.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { sharedRefusal, sharersOf } from "./share.ts";

export interface EdgeGuardInputs {
  readonly host: string;
  readonly place: Place;
}

/** The first that a destroy removes: it refuses while other stacks share this one's edge. */
const step: Step<EdgeGuardInputs, object> = {
  changed: changedInputs,
  reconcile: async () => ({}),
  async remove({ host, place }) {
    const containers = await (await runnerOf(host)).list({});
    const refusal = sharedRefusal(place.stack, sharersOf(place.stack, containers));
    if (refusal !== undefined) throw new StepFailure(refusal);
  },
};

export default step;
