import type { DataAccess } from "../backup/sets.ts";
import type { Place } from "../container/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Journal } from "../steps/journal.ts";
import type { SessionRunner } from "../steps/runner.ts";
import { withBench } from "./bench.ts";
import { decide } from "./decide.ts";
import type { MigrationInputs } from "./inputs.ts";

/** What of a migration's inputs the real one needs. */
export type LiveInputs = Pick<MigrationInputs, "schema" | "back" | "reads">;

/**
 * The real migration in a cluster, while the release before serves. Its rehearsal has said that it only adds. Nothing holds users' requests
 * there, so the data go back by no downgrade and no set: older code on the schema as it is, or none.
 * @throws StepFailure when there is no such way, or the migration fails; what of it a failure leaves is the product's transaction's
 */
export function migrateLive(
  at: { readonly runner: SessionRunner; readonly place: Place; readonly journal: Journal },
  inputs: LiveInputs,
  access: DataAccess,
): Promise<string> {
  const { schema } = inputs;
  const wish = { ...inputs, data: access.data };
  return withBench(at.runner, at.place, "migration", access, schema, async (bench) => {
    const current = await bench.revision("live");
    const way = await decide(at.journal, wish, current, (revision) => bench.knows(revision));
    switch (way.way) {
      case "none":
      case "keep":
        return "nothing to migrate";
      case "upgrade": {
        const report = await bench.upgrade("live");
        await bench.prove(schema.target, "live");
        return report;
      }
      case "downgrade":
      case "restore":
        throw new StepFailure(
          `the data are at schema revision ${current}, and in a cluster nothing holds users' requests while they go back: only older code on the schema as it is can. Mend: pulumi config set --path slipway:rollout.back code`,
        );
      default:
        return way satisfies never;
    }
  });
}
