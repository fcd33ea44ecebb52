import { label, type Place } from "../container/spec.ts";
import { recovered } from "../rollout/recover.ts";
import { dockerRunner } from "../steps/docker-runner.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { take } from "./sets.ts";
import type { DataSpec } from "./spec.ts";

export interface BackupPointInputs {
  readonly host: string;
  readonly place: Place;
  readonly data: DataSpec;
  /** The schema revision the release wants. A new one, or a new image, asks for a new backup point. */
  readonly revision: string;
}

export interface BackupPointOutputs {
  readonly set: string;
  readonly kilobytes: number;
}

const step: Step<BackupPointInputs, BackupPointOutputs> = {
  changed(before, wanted) {
    const image = (bag: Readonly<Record<string, unknown>>) => ({ image: (bag["data"] as DataSpec | undefined)?.image });
    return [
      ...changedInputs(image(before), image(wanted)),
      ...changedInputs({ revision: before["revision"] }, { revision: wanted["revision"] }),
    ];
  },
  async reconcile({ host, place, data }) {
    const runner = dockerRunner(host);
    return recovered(runner, place, data, "backup point", (lease) => take(lease.runner, place, data, "backup-point"));
  },
  async remove({ host, place }) {
    // Created before Rollout and deleted after it: a Rollout whose first run failed is not in the state, its containers are on the host.
    const runner = dockerRunner(host);
    for (const role of ["workload", "session", "files", "lease"]) {
      const left = await runner.list({ [label.stack]: place.stack, [label.role]: role });
      await Promise.all(left.map((container) => runner.remove(container.id)));
    }
  },
};

export default step;
