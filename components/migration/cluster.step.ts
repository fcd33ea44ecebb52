import { journalOf, workloadLabels } from "../rollout/cluster.ts";
import { clusterRunnerOf, deploymentsOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { aloneIn } from "../steps/namespace-lease.ts";
import type { Step } from "../steps/step.ts";
import type { MigrationInputs, MigrationOutputs } from "./inputs.ts";
import step from "./step.ts";

/** The rehearsal in a cluster. Of the release that serves it knows what a rollout in overlap noted; of one writer nothing. */
const clusterStep: Step<MigrationInputs, MigrationOutputs> = {
  changed: step.changed,
  async reconcile(inputs) {
    const { rehearse } = await import("./reconcile.ts");
    const { host, place, dataSecrets, data } = inputs;
    const [runner, deployments] = await Promise.all([clusterRunnerOf(host), deploymentsOf(host)]);
    return aloneIn(host, place, { purpose: "rehearsal", goesOn: true }, () =>
      redacted(Object.values(dataSecrets), async () => {
        const journal = journalOf(await deployments.list(workloadLabels(place)));
        return rehearse({ runner, place, journal }, inputs, { data, secrets: dataSecrets });
      }),
    );
  },
};

export default clusterStep;
