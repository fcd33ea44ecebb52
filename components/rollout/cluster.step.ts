import { alarmsOf, deploymentsOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { aloneIn } from "../steps/namespace-lease.ts";
import { changedBut, type Step } from "../steps/step.ts";
import { type ClusterRollout, rollOut } from "./cluster.ts";
import { type AlarmBake, bakedOrBack } from "./cluster-bake.ts";

export interface ClusterRolloutInputs extends ClusterRollout {
  readonly host: string;
  /** Of each Deployment: one that changed in anything is waited for. */
  readonly generations: Readonly<Record<string, string>>;
  /** What pods may say and nobody is to read. */
  readonly hidden: readonly string[];
  /** Of services that CloudWatch watches. @default nothing is watched once they are up */
  readonly bake?: AlarmBake;
}

export interface ClusterRolloutOutputs {
  /** What serves: the releases of all workloads. */
  readonly release: string;
}

const step: Step<ClusterRolloutInputs, ClusterRolloutOutputs> = {
  // Times and secrets are no release: a changed secret is another template.
  changed: changedBut("release", "seconds", "hidden", "bake"),
  async reconcile(inputs) {
    const { host, place, hidden, bake, releases } = inputs;
    const deployments = await deploymentsOf(host);
    return aloneIn(host, place, { purpose: "rollout", goesOn: true }, () =>
      redacted(hidden, async () => {
        await rollOut(deployments, inputs);
        if (bake !== undefined) await bakedOrBack(deployments, await alarmsOf(host), inputs, bake);
        const named = Object.entries(releases).map(([name, release]) => `${name}-${release}`);
        return { release: named.join(" ") };
      }),
    );
  },
};

export default step;
