import { withData } from "../backup/sets.ts";
import { messageOf, redact, redacted, StepFailure } from "../steps/failure.ts";
import type { Journal, Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import { Control } from "../switch/control.ts";
import { announce } from "./announce.ts";
import { bake, beginBake, measureBaseline } from "./bake.ts";
import { assertNotBad, decideWay, wantedOf } from "./decide.ts";
import { withAsking } from "./gate.ts";
import { keepUp } from "./keep-up.ts";
import { observeServing, strays } from "./observe.ts";
import { assertOwner } from "./owner.ts";
import { planRelease } from "./plan.ts";
import { type Means, onlyKept, recovered, stopKept } from "./recover.ts";
import { secretsOf } from "./redact.ts";
import { Run, type Sessions } from "./run.ts";
import { accessOf, type RolloutInputs, type RolloutOutputs } from "./spec.ts";

/** The step with its runner given, so that tests can bring their own. */
export function rollOut(runner: Runner, inputs: RolloutInputs): Promise<RolloutOutputs> {
  const { mode, schema } = inputs;
  const means = { mode, schema, access: accessOf(inputs) };
  return redacted(secretsOf(inputs), () =>
    recovered(runner, inputs.place, means, "rollout", (lease) => release(lease, inputs, means)),
  );
}

async function release(lease: Lease, inputs: RolloutInputs, means: Means): Promise<RolloutOutputs> {
  await assertOwner(lease, inputs.owner, inputs.takeOver);
  if (inputs.deviation !== "") await keepUp(lease, inputs);
  const serving = await observeServing(lease, inputs);
  const way = await decideWay(lease, inputs);
  const plan = planRelease(serving, wantedOf(inputs, way));
  await stopKept(lease, await onlyKept(lease));
  if (plan.phases.length === 0 && serving !== undefined) return unchanged(lease, inputs, means, serving.release);
  assertNotBad(lease, inputs);
  return carryOut(lease, inputs, means, { plan, way, old: serving?.release });
}

/** Somebody went back to what serves: the release that was undone is no longer wanted. A bake time that was cut off goes on. */
async function unchanged(lease: Lease, inputs: RolloutInputs, means: Means, serving: Release): Promise<RolloutOutputs> {
  const { undone: _, ...journal } = lease.journal;
  await lease.save(promotedTo(journal, inputs, ""));
  await new Control(lease.runner, lease.place).route(serving.traffic);
  await reapStrays(lease);
  const warnings = await bake(lease, inputs, means);
  return { release: serving.id, migrated: "nothing to migrate", heldSeconds: 0, seconds: {}, warnings };
}

async function carryOut(
  lease: Lease,
  inputs: RolloutInputs,
  means: Means,
  course: ConstructorParameters<typeof Run>[3],
): Promise<RolloutOutputs> {
  await lease.save(promotedTo(lease.journal, inputs, course.old?.id ?? "none"));
  const { baseline, outputs } = await inSessions(lease, inputs, async (sessions) => {
    const before = await measureBaseline(sessions.asking.http, inputs);
    const run = new Run(lease, sessions, inputs, course);
    return announced(inputs, run.id, async () => {
      for (const phase of course.plan.phases) await run.phase(phase);
      return { baseline: before, outputs: run.outputs() };
    });
  });
  const reaped = reapStrays(lease);
  await beginBake(lease, inputs, baseline);
  const warnings = await announced(inputs, outputs.release, () => bake(lease, inputs, means), false);
  await reaped;
  return { ...outputs, warnings: [...outputs.warnings, ...warnings] };
}

/** Whoever comes after a crash must know that this promotion was let in: it may be ended at any hour. */
function promotedTo({ promoted: _, ...journal }: Journal, { proof }: RolloutInputs, before: string): Journal {
  return proof === undefined ? journal : { ...journal, promoted: { content: proof, before } };
}

function inSessions<T>(lease: Lease, inputs: RolloutInputs, work: (sessions: Sessions) => Promise<T>): Promise<T> {
  return withData(lease.runner, lease.place, "release", accessOf(inputs), (data) =>
    withAsking(lease, inputs, (asking) => work({ data, asking })),
  );
}

/** Tells that a release starts, and when it fails that it was undone. */
async function announced<T>(
  inputs: RolloutInputs,
  release: string,
  work: () => Promise<T>,
  starts: boolean = true,
): Promise<T> {
  const about = { release, image: inputs.data.image, schema: inputs.schema.target };
  const started = performance.now();
  if (starts) await announce(inputs, { ...about, event: "started" });
  try {
    return await work();
  } catch (error) {
    const why = redact(messageOf(error), secretsOf(inputs));
    const seconds = Math.round((performance.now() - started) / 1000);
    const unheard = await announce(inputs, { ...about, event: "undone", why, seconds });
    throw new StepFailure([messageOf(error), ...unheard].join("\n"));
  }
}

async function reapStrays(lease: Lease): Promise<void> {
  await Promise.all((await strays(lease)).map(({ id }) => lease.runner.remove(id)));
}
