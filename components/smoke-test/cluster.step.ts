import type { Place } from "../container/spec.ts";
import { type ClusterRollout, provedOrBack } from "../rollout/cluster.ts";
import { clusterRunnerOf, deploymentsOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { aloneIn } from "../steps/namespace-lease.ts";
import { changedBut, type Step } from "../steps/step.ts";
import type { Probing } from "./reconcile.ts";
import type { SmokeTestOutputs } from "./spec.ts";

export interface ClusterSmokeTestInputs extends Probing {
  readonly host: string;
  readonly place: Place;
  /** What serves: another one is proved again. */
  readonly release: string;
  /** Of a system in overlap: noted as what serves when it is proved, gone back from when it is not. @default nothing is undone */
  readonly rollout?: ClusterRollout;
  /** What its pods may say and nobody is to read. @default nothing beside what probes send */
  readonly hidden?: readonly string[];
}

/** Proves what the namespace's Services lead to. One writer is not undone: the one before has ended, and its data were handed over. */
const step: Step<ClusterSmokeTestInputs, SmokeTestOutputs> = {
  // Time and secrets are no release: a changed secret is another template.
  changed: changedBut("hidden"),
  async reconcile(inputs) {
    const { probeAll, secretsOf } = await import("./reconcile.ts");
    const { host, place, rollout, hidden = [] } = inputs;
    const runner = await clusterRunnerOf(host);
    const probed = () => probeAll({ runner, place }, inputs);
    return aloneIn(host, place, { purpose: "smoke test" }, () =>
      redacted([...secretsOf(inputs), ...hidden], async () => {
        const reports =
          rollout === undefined ? await probed() : await provedOrBack(await deploymentsOf(host), rollout, probed);
        return { proved: inputs.probes.map(({ name }) => name), provedRelease: inputs.release, reports };
      }),
    );
  },
};

export default step;
