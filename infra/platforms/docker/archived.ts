import { archiveNotesOf, archiveRole } from "../../../components/archive/spec.ts";
import type { Notes } from "../../../components/exporters/spec.ts";
import type { Archived } from "../../../components/postgres/config.ts";
import { keepsLog } from "../../config/continuous.ts";
import type { Placement } from "./placement.ts";

/** Who receives the log of this stack's PostgreSQL; undefined where nobody does. */
export function archivedBy({ system, settings }: Pick<Placement, "system" | "settings">): Archived | undefined {
  if (system.database.kind !== "postgres" || !keepsLog(system, settings)) return undefined;
  return { role: archiveRole(system.database.name), slotMb: settings.backup.slotMb };
}

/** What node exporter reads of it. */
export function archiveNotesFor(placement: Placement): readonly Notes[] {
  return keepsLog(placement.system, placement.settings) ? [archiveNotesOf(placement.host.place)] : [];
}
