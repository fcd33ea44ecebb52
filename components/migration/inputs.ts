import type { DataSpec } from "../backup/spec.ts";
import type { Place } from "../container/spec.ts";
import type { DatabaseSecrets } from "../database/spec.ts";
import type { Mode } from "../rollout/plan.ts";
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
