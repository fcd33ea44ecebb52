import { journalOf, workloadLabels } from "../rollout/cluster.ts";
import { clusterRunnerOf, deploymentsOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { aloneIn } from "../steps/namespace-lease.ts";
import type { Step } from "../steps/step.ts";
import type { MigrationInputs } from "./inputs.ts";
import step from "./step.ts";

export interface LiveMigrationInputs extends MigrationInputs {
  /** From the rehearsal: that this target was rehearsed. */
  readonly rehearsed: string;
}

export interface LiveMigrationOutputs {
  readonly migrated: string;
}

/** The real migration of a system in overlap, before its Deployments change. */
const liveStep: Step<LiveMigrationInputs, LiveMigrationOutputs> = {
  changed: step.changed,
  async reconcile(inputs) {
    const { migrateLive } = await import("./live-in-cluster.ts");
    const { place, dataSecrets, data, host } = inputs;
    const [runner, deployments] = await Promise.all([clusterRunnerOf(host), deploymentsOf(host)]);
    return aloneIn(host, place, { purpose: "migration", goesOn: true }, () =>
      redacted(Object.values(dataSecrets), async () => {
        const journal = journalOf(await deployments.list(workloadLabels(place)));
        const access = { data, secrets: dataSecrets };
        return { migrated: await migrateLive({ runner, place, journal }, inputs, access) };
      }),
    );
  },
};

export default liveStep;
