import { withData } from "../backup/sets.ts";
import { backupPath, copyDatabase, type DataSpec } from "../backup/spec.ts";
import type { Place } from "../container/spec.ts";
import { recovered } from "../rollout/recover.ts";
import { dockerRunner } from "../steps/docker-runner.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { assertHead, exists, migrate } from "./migrate.ts";
import type { SchemaSpec } from "./spec.ts";

export interface MigrationInputs {
  readonly host: string;
  readonly place: Place;
  readonly data: DataSpec;
  readonly schema: SchemaSpec;
  /** The backup point whose copy the migration is rehearsed on. */
  readonly set: string;
}

export interface MigrationOutputs {
  /** Handed to Rollout, which runs the real one between stopping the old writer and starting the new. */
  readonly target: string;
  readonly rehearsed: string;
  readonly rehearsalSeconds: number;
}

/** Before the first release there is nothing to lose; the real migration proves as much. */
const nothingToRehearse = { report: "no data yet: nothing to rehearse", seconds: 0 };

/**
 * For a one-writer system: asserts and rehearses on a copy while the old release serves. The real migration is Rollout's, because it must
 * happen while nobody writes, and be undone with the release.
 */
const step: Step<MigrationInputs, MigrationOutputs> = {
  // How many sets are kept, or where volumes are mounted, is no reason to rehearse again.
  changed: (before, wanted) => changedInputs(reasons(before), reasons(wanted)),
  async reconcile({ host, place, data, schema, set }) {
    const folder = `${backupPath}/rehearsal/copy`;
    const copy = `${folder}/database.db`;
    return recovered(dockerRunner(host), place, data, "migration rehearsal", (lease) =>
      withData(lease.runner, place, "rehearsal", data, async (session) => {
        await assertHead(session, schema);
        await session.must("copying the backup point for the rehearsal", { argv: copyDatabase(set, copy) });
        const rehearsed = (await exists(session, copy)) ? await migrate(session, schema, copy) : nothingToRehearse;
        await session.must("removing the rehearsal's copy", { argv: ["rm", "-rf", folder] });
        return { target: schema.target, rehearsed: rehearsed.report, rehearsalSeconds: rehearsed.seconds };
      }),
    );
  },
};

function reasons({ data, schema, set }: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const image = data !== null && typeof data === "object" && "image" in data ? data.image : data;
  return { image, schema, set };
}

export default step;
