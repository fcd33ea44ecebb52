import { type DataAccess, withCopy } from "../backup/sets.ts";
import { recovered } from "../rollout/recover.ts";
import { redacted, StepFailure } from "../steps/failure.ts";
import type { Runner } from "../steps/runner.ts";
import { type Bench, withBench } from "./bench.ts";
import { contractProblem } from "./contract.ts";
import { decide } from "./decide.ts";
import { findingsOf, type RehearsalPlace } from "./findings.ts";
import type { MigrationInputs, MigrationOutputs } from "./inputs.ts";
import { contracts, type Finding } from "./lint/finding.ts";
import { describeAll } from "./lint/words.ts";
import type { Way } from "./way.ts";

interface Rehearsal {
  readonly report: string;
  readonly findings: readonly Finding[];
}

/** Runs the migration on a copy of the backup point and judges what it did there. */
export function rehearseMigration(runner: Runner, inputs: MigrationInputs): Promise<MigrationOutputs> {
  const { place, mode, schema } = inputs;
  const access = { data: inputs.data, secrets: inputs.dataSecrets };
  const means = { mode, schema, access };
  return redacted(Object.values(inputs.dataSecrets), () =>
    recovered(runner, place, means, "migration rehearsal", (lease) => rehearse(lease, inputs, access)),
  );
}

/** The same where nothing but the rehearsal runs: @param lease of it only where and what is known of the releases */
export async function rehearse(
  lease: RehearsalPlace,
  inputs: MigrationInputs,
  access: DataAccess,
): Promise<MigrationOutputs> {
  const { runner, place } = lease;
  const { schema } = inputs;
  const started = performance.now();
  const { report, findings } = await withBench(runner, place, "rehearsal", access, schema, async (bench) => {
    await bench.assertHead();
    const current = await bench.revision("live");
    const way = await decide(lease.journal, inputs, current, (revision) => bench.knows(revision));
    // Before the first release there is nothing to lose; the real migration proves as much.
    if (current === undefined) return { report: "no data yet: nothing to rehearse", findings: [] };
    return rehearseWay(lease, inputs, access, bench, way);
  });
  const problem = contractProblem({
    kind: inputs.kind,
    mode: inputs.mode,
    target: schema.target,
    serving: lease.journal.serving,
    soakHours: inputs.soakHours,
    breaking: describeAll(contracts(findings)),
    now: new Date(),
  });
  if (problem !== undefined) throw new StepFailure(problem);
  const rehearsalSeconds = Math.round(performance.now() - started) / 1000;
  return { target: schema.target, rehearsed: report, rehearsalSeconds, findings: describeAll(findings) };
}

async function rehearseWay(
  lease: RehearsalPlace,
  { schema, set }: MigrationInputs,
  access: DataAccess,
  bench: Bench,
  way: Way,
): Promise<Rehearsal> {
  switch (way.way) {
    case "none":
      return { report: "the schema is as wanted", findings: [] };
    case "keep":
      return { report: "older code on the schema as it is", findings: [] };
    case "restore":
      return { report: `goes back to the data of ${way.set}`, findings: [] };
    case "downgrade": {
      const newer = { ...access, data: { ...access.data, image: way.image } };
      return withBench(lease.runner, lease.place, "downgrade-rehearsal", newer, schema, (other) =>
        withCopy(other.sql, newer, set, async () => {
          await other.downgrade(schema.target, "rehearsal");
          await other.prove(schema.target, "rehearsal");
          return { report: `downgrades to ${schema.target}`, findings: [] };
        }),
      );
    }
    case "upgrade":
      return withCopy(bench.sql, access, set, async () => {
        const { result, findings } = await findingsOf(lease, access, bench, () => bench.upgrade("rehearsal"));
        await bench.prove(schema.target, "rehearsal");
        return { report: result, findings };
      });
    default:
      return way satisfies never;
  }
}
