import type { Place } from "../container/spec.ts";
import { clusterRunnerOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { Probing } from "./reconcile.ts";
import type { SmokeTestOutputs } from "./spec.ts";

export interface ClusterSmokeTestInputs extends Probing {
  readonly host: string;
  readonly place: Place;
  /** What serves: another one is proved again. */
  readonly release: string;
}

/** Proves what the namespace's Services lead to. A failure is told and undoes nothing: Kubernetes has let the one before go by then. */
const step: Step<ClusterSmokeTestInputs, SmokeTestOutputs> = {
  changed: (before, wanted) => changedInputs(before, wanted),
  async reconcile(inputs) {
    const { probeAll, secretsOf } = await import("./reconcile.ts");
    const runner = await clusterRunnerOf(inputs.host);
    return redacted(secretsOf(inputs), async () => {
      const reports = await probeAll({ runner, place: inputs.place }, inputs);
      return { proved: inputs.probes.map(({ name }) => name), provedRelease: inputs.release, reports };
    });
  },
};

export default step;
