import { runnerOf } from "../steps/engine.ts";
import { indent, lastLines, messageOf, StepFailure } from "../steps/failure.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { Limits, Place } from "./spec.ts";

export interface LimitsInputs {
  readonly host: string;
  readonly place: Place;
  readonly container: string;
  readonly limits: Limits;
}

/** Sets what the docker provider cannot: cpus and pids of a container that it made. */
const step: Step<LimitsInputs, Record<string, never>> = {
  changed: (before, wanted) => changedInputs(before, wanted),
  async reconcile({ host, container, limits }) {
    const runner = await runnerOf(host);
    try {
      await runner.setLimits(container, limits);
    } catch (error) {
      // The engine refuses while a container restarts over and over: what the user needs is why it does.
      const log = indent(lastLines(await runner.logs(container, 30)));
      throw new StepFailure(`${messageOf(error)}\nthe container's last lines:\n${log}`);
    }
    return {};
  },
};

export default step;
