import { label } from "../container/spec.ts";
import { copyAway } from "../offsite/copies.ts";
import { recovered } from "../rollout/recover.ts";
import { redacted } from "../steps/failure.ts";
import type { Lease } from "../steps/lease.ts";
import { backupSamples, writeMetrics } from "../steps/metrics.ts";
import type { Runner } from "../steps/runner.ts";
import type { BackupPointInputs, BackupPointOutputs } from "./inputs.ts";
import { restoredSet } from "./restored.ts";
import { take } from "./sets.ts";

const purpose = "backup-point";

/** Takes the set that a rehearsal copies; a release that was cut off is mended first. */
export function backUp(runner: Runner, inputs: BackupPointInputs): Promise<BackupPointOutputs> {
  const { place, data, dataSecrets, mode, schema, offsite } = inputs;
  const access = { data, secrets: dataSecrets };
  return redacted(Object.values(dataSecrets), () =>
    recovered(runner, place, { mode, schema, access }, "backup point", async (lease) => {
      const known = await restoredSet(lease, { place, data, revision: schema.target });
      if (known !== undefined) return known;
      const taken = await take(lease.runner, place, access, purpose);
      await writeMetrics(lease.runner, lease.id, `backup-${purpose}`, backupSamples(purpose, new Date()));
      const at = { place, backupVolume: data.backupVolume };
      // While nothing serves users wait already: a restore's switch, the mending of a broken app. They wait for no bucket.
      if (offsite !== undefined && (await serves(lease)))
        await copyAway(lease.runner, at, offsite, { name: taken.set, ended: new Date() });
      return taken;
    }),
  );
}

async function serves({ runner, place, journal }: Lease): Promise<boolean> {
  const workloads = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
  const running = new Set(workloads.filter(({ state }) => state === "running").map(({ id }) => id));
  return journal.serving?.replicas.some(({ id }) => running.has(id)) ?? false;
}
