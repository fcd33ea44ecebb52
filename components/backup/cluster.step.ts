import { clusterRunnerOf } from "../steps/engine.ts";
import { redacted } from "../steps/failure.ts";
import { aloneIn } from "../steps/namespace-lease.ts";
import { reapSessions } from "../steps/session.ts";
import type { Step } from "../steps/step.ts";
import type { BackupPointInputs, BackupPointOutputs } from "./inputs.ts";
import step from "./step.ts";

export type ClusterBackupPointInputs = Pick<BackupPointInputs, "host" | "place" | "data" | "dataSecrets" | "schema">;

/** The same set in a cluster, where no release is cut off: Kubernetes goes on with what it began. */
const clusterStep: Step<ClusterBackupPointInputs, BackupPointOutputs> = {
  changed: step.changed,
  async reconcile({ host, place, data, dataSecrets }) {
    const { take } = await import("./sets.ts");
    const runner = await clusterRunnerOf(host);
    return aloneIn(host, place, { purpose: "backup point", goesOn: true }, () =>
      redacted(Object.values(dataSecrets), async () => {
        await reapSessions(runner, place);
        return take(runner, place, { data, secrets: dataSecrets }, "backup-point");
      }),
    );
  },
  async remove({ host, place }) {
    await reapSessions(await clusterRunnerOf(host), place);
  },
};

export default clusterStep;
