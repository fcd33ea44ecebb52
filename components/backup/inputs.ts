import type { Place } from "../container/spec.ts";
import type { DatabaseSecrets } from "../database/spec.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { Offsite } from "../offsite/copies.ts";
import type { Mode } from "../rollout/plan.ts";
import type { DataSpec } from "./spec.ts";

export interface BackupPointInputs {
  readonly host: string;
  readonly place: Place;
  readonly data: DataSpec;
  readonly dataSecrets: DatabaseSecrets;
  /** A release that was cut off is mended first. */
  readonly mode: Mode;
  /** Its target is what the release wants. A new one, or a new image, asks for a new backup point. */
  readonly schema: SchemaSpec;
  /** Where the set must be, off the host, before the release begins. @default on the host is enough */
  readonly offsite?: Offsite;
}

export interface BackupPointOutputs {
  readonly set: string;
  readonly kilobytes: number;
}
