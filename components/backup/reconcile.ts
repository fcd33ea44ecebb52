import { copyAway } from "../offsite/copies.ts";
import { recovered } from "../rollout/recover.ts";
import { redacted } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import type { BackupPointInputs, BackupPointOutputs } from "./inputs.ts";
import { take } from "./sets.ts";

/** Takes the set that a rehearsal copies; a release that was cut off is mended first. */
export function backUp(runner: Runner, inputs: BackupPointInputs): Promise<BackupPointOutputs> {
  const { place, data, dataSecrets, mode, schema, offsite } = inputs;
  const access = { data, secrets: dataSecrets };
  return redacted(Object.values(dataSecrets), () =>
    recovered(runner, place, { mode, schema, access }, "backup point", async (lease) => {
      const taken = await take(lease.runner, place, access, "backup-point");
      const at = { place, backupVolume: data.backupVolume };
      if (offsite !== undefined) await copyAway(lease.runner, at, offsite, { name: taken.set, ended: new Date() });
      return taken;
    }),
  );
}
