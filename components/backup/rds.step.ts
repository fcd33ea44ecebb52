import { snapshotsOf } from "../steps/engine.ts";
import { changedBut, type Step } from "../steps/step.ts";
import type { BackupPointOutputs } from "./inputs.ts";
import type { SnapshotWish } from "./snapshot.ts";

export interface SnapshotPointInputs extends SnapshotWish {
  readonly region: string;
  /** Identifier of the server. */
  readonly server: string;
}

/** Before anything of a release changes. A new image or schema asks for a new one, and nothing else does; a destroy leaves them: they are backups. */
const step: Step<SnapshotPointInputs, BackupPointOutputs> = {
  changed: changedBut("set", "kilobytes", "keep", "region", "place"),
  async reconcile({ region, server, ...wish }) {
    const { takeSnapshot } = await import("./snapshot.ts");
    return takeSnapshot(await snapshotsOf(region, server), wish);
  },
};

export default step;
