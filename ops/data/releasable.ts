import { readFile } from "node:fs/promises";
import type { Restored } from "../../components/backup/look.ts";
import { acceptCommand } from "../../components/migration/catalogue.ts";
import { foreignSchema, readSchemaRecord } from "../../components/rollout/schema-record.ts";
import { StepFailure } from "../../components/steps/failure.ts";
import type { Lease } from "../../components/steps/lease.ts";
import { stackFile, valueAt } from "../stack-file.ts";

/**
 * Asks of restored data, before anything stops for them, what the release onto them will ask: whether their schema is the one that was recorded
 * at its revision. @throws StepFailure when a hand changed it and its user has not accepted that
 */
export async function assertReleasable(
  { runner, id, place: { stack } }: Lease,
  { revision, schema }: Pick<Restored, "revision" | "schema">,
): Promise<void> {
  if (schema === undefined) return;
  const accepted = valueAt(await readFile(stackFile(stack), "utf8"), ["rollout", "acceptSchema"]) ?? "";
  const recorded = await readSchemaRecord(runner, id);
  const words = foreignSchema(recorded, { revision, lines: schema }, String(accepted));
  if (words === undefined) return;
  throw new StepFailure(
    `what was restored has another schema at revision ${revision} than the last release left: ${words}; no release would begin on it. Mend: restore another set; to accept it as it is: ${acceptCommand(schema, stack)}, then the same command again`,
  );
}
