import { runnerOf } from "../steps/engine.ts";
import { indent, lastLines, messageOf, StepFailure } from "../steps/failure.ts";
import { changedInputs, deviates, type Step } from "../steps/step.ts";
import { putRight } from "./put-right.ts";
import type { Place } from "./spec.ts";
import type { Upkeep } from "./upkeep.ts";

export interface LimitsInputs extends Upkeep {
  readonly host: string;
  readonly place: Place;
  readonly container: string;
  /** The container's own. */
  readonly name: string;
  /** What preflight found other than it was made; empty when nothing. */
  readonly deviation?: string;
}

/** Sets what the docker provider cannot (cpus and pids of a container that it made), and puts right what it does not look at. */
const step: Step<LimitsInputs, Record<string, never>> = {
  changed(before, wanted) {
    const changed = changedInputs(before, wanted, ["deviation"]);
    return deviates(wanted) ? [...changed, "deviation"] : changed;
  },
  async reconcile({ host, container, name, ...made }) {
    const runner = await runnerOf(host);
    try {
      await putRight(runner, container, name, made);
    } catch (error) {
      if (error instanceof StepFailure) throw error;
      // The engine refuses while a container restarts over and over: what the user needs is why it does.
      const log = indent(lastLines(await runner.logs(container, 30)));
      throw new StepFailure(`${messageOf(error)}\nthe container's last lines:\n${log}`);
    }
    return {};
  },
};

export default step;
