import type { DataSpec } from "../backup/spec.ts";
import type { Place } from "../container/spec.ts";
import type { DatabaseSecrets } from "../database/spec.ts";
import type { Mode } from "../rollout/plan.ts";
import { runnerOf } from "../steps/engine.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import type { MigrationKind } from "./contract.ts";
import type { SchemaSpec } from "./spec.ts";
import type { BackBy } from "./way.ts";

export interface MigrationInputs {
  readonly host: string;
  readonly place: Place;
  readonly mode: Mode;
  readonly data: DataSpec;
  readonly dataSecrets: DatabaseSecrets;
  readonly schema: SchemaSpec;
  /** The backup point whose copy the migration is rehearsed on. */
  readonly set: string;
  readonly back: BackBy | "";
  readonly reads: readonly string[];
  readonly kind: MigrationKind;
  /** How long the release that no longer needs what goes must have served before a contracting migration. */
  readonly soakHours: number;
}

export interface MigrationOutputs {
  /** Handed to Rollout, which runs the real one when its turn comes. */
  readonly target: string;
  readonly rehearsed: string;
  /** How long assertion, rehearsal and lint took, while the old release served; 0.0 to some seconds where nothing was to migrate. */
  readonly rehearsalSeconds: number;
  /** What of its SQL locks or loses, in words. */
  readonly findings: readonly string[];
}

/** Asserts and rehearses on a copy while the old release serves. The real migration is Rollout's, because its undo is. */
const step: Step<MigrationInputs, MigrationOutputs> = {
  // How many sets are kept, or where volumes are mounted, is no reason to rehearse again.
  changed: (before, wanted) => changedInputs(reasons(before), reasons(wanted)),
  async reconcile(inputs) {
    const { rehearseMigration } = await import("./reconcile.ts");
    return rehearseMigration(await runnerOf(inputs.host), inputs);
  },
};

function reasons({ data, ...inputs }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const image = data !== null && typeof data === "object" && "image" in data ? data.image : data;
  const { schema, set, back, reads, kind } = inputs;
  return { image, schema, set, back, reads, kind };
}

export default step;
