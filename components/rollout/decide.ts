import { withData } from "../backup/sets.ts";
import { benchOn, revisionOf } from "../migration/bench.ts";
import { decide } from "../migration/decide.ts";
import type { Way } from "../migration/way.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Lease } from "../steps/lease.ts";
import type { Mode, Wanted } from "./plan.ts";
import { assertSchema } from "./schema-record.ts";
import { accessOf, definitionOf, type RolloutInputs, releaseDefinition, secretNames, workloadName } from "./spec.ts";

/** How the schema gets to the wanted revision, from what the data really are; state is never believed. */
export async function decideWay(lease: Lease, inputs: RolloutInputs): Promise<Way> {
  const access = accessOf(inputs);
  const { schema } = inputs;
  const { runner, place, journal } = lease;
  return withData(runner, place, "observe", access, async (sql) => {
    const current = await revisionOf(sql, access, schema, "live");
    await assertSchema(lease, sql, inputs, current);
    return decide(journal, inputs, current, (revision) =>
      benchOn(runner, place, "observe", sql, access, schema, (bench) => bench.knows(revision)),
    );
  });
}

/** Where the schema goes backwards, no older code may run beside newer and no newer beside older: everything stops first. */
export function wantedOf(inputs: RolloutInputs, { way }: Way): Wanted {
  const mode: Mode = way === "downgrade" || way === "restore" ? "stop-first" : inputs.mode;
  return {
    mode,
    workloads: inputs.workloads.map((plan) => ({
      name: workloadName(plan),
      replicas: plan.replicas,
      definition: definitionOf(plan, secretNames(inputs, plan)),
    })),
    migrates: way !== "none" && way !== "keep",
  };
}

/** A release that went bad under traffic is not tried twice by accident. */
export function assertNotBad(lease: Lease, inputs: RolloutInputs): void {
  const definition = releaseDefinition(inputs);
  const known = lease.journal.bad.find((each) => each.definition === definition);
  if (known === undefined || inputs.retry === definition) return;
  throw new StepFailure(
    `this release went bad before: ${known.why}. Release another one; to try the same again: \`pulumi config set --path slipway:rollout.retry ${definition}\``,
  );
}
