import { setTimeout as pause } from "node:timers/promises";
import { withData } from "../backup/sets.ts";
import { askPrometheus } from "../bake/prometheus.ts";
import { measure, type Watched, watch } from "../bake/watch.ts";
import { sqlCommand } from "../database/spec.ts";
import { questions, wrongAnswer } from "../migration/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Session } from "../steps/session.ts";
import { withProbes } from "./gate.ts";
import type { Means } from "./recover.ts";
import { accessOf, type RolloutInputs } from "./spec.ts";
import { undoServing } from "./undo.ts";

const everySeconds = 5;
const burstSeconds = 10;

/** What the triggers' values are before a release, for those that compare. */
export async function measureBaseline(
  session: Session,
  { bake }: Pick<RolloutInputs, "bake">,
): Promise<Readonly<Record<string, number>>> {
  if (bake.seconds === 0 || bake.prometheus === "") return {};
  return measure(askPrometheus(session, bake.prometheus), bake.triggers);
}

/** The bake time as it stands in the journal, so that a run that was cut off watches what is left of it. */
export async function beginBake(
  lease: Lease,
  inputs: RolloutInputs,
  baseline: Readonly<Record<string, number>>,
): Promise<void> {
  const { serving, previous } = lease.journal;
  // Without an earlier release there is nothing to go back to.
  if (inputs.bake.seconds === 0 || serving === undefined || previous === undefined) return;
  const until = new Date(Date.now() + inputs.bake.seconds * 1000).toISOString();
  await lease.save({ ...lease.journal, bake: { release: serving.id, until, baseline } });
}

/** Watches the serving release for what is left of its bake time; one that goes bad is undone, and not released again. */
export async function bake(lease: Lease, inputs: RolloutInputs, means: Means): Promise<readonly string[]> {
  const { bake: begun, serving } = lease.journal;
  if (begun === undefined || serving === undefined || begun.release !== serving.id) return [];
  const seconds = Math.max(0, (Date.parse(begun.until) - Date.now()) / 1000);
  const watched = await observe(lease, inputs, serving, begun.baseline, seconds);
  if (watched.tripped !== undefined) {
    const why = `in its bake time, ${watched.seconds} s after the switch: ${watched.tripped}`;
    const { definition, image } = serving;
    const bad = [...lease.journal.bad.slice(-9), { definition, image, why }];
    const outcome = await undoServing(lease, means, why, bad);
    // Where nothing could be undone it is told all the same.
    await lease.save({ ...lease.journal, bad });
    throw new StepFailure(`${why}\n${outcome}`);
  }
  const { bake: _, ...rest } = lease.journal;
  await lease.save(rest);
  return warnings(watched);
}

function observe(
  lease: Lease,
  inputs: RolloutInputs,
  serving: Release,
  baseline: Readonly<Record<string, number>>,
  seconds: number,
): Promise<Watched> {
  const { prometheus, triggers } = inputs.bake;
  return withProbes(lease, inputs, async (session) => {
    // Those who waited for a stop-first release all come at once: that is the hold's doing, not the release's.
    const burst = inputs.mode === "stop-first" ? Math.min(burstSeconds, seconds / 4) : 0;
    await pause(burst * 1000);
    const started = await starts(lease, serving);
    return watch({
      ask: askPrometheus(session, prometheus),
      triggers: prometheus === "" ? [] : triggers,
      baseline,
      seconds: seconds - burst,
      everySeconds,
      alive: async () => changedStart(started, await starts(lease, serving)),
      valid: () => invalidValues(lease, inputs),
      mayGoOn: () => lease.check(),
    });
  });
}

/** When each replica's process began; undefined for one that does not run. */
async function starts(lease: Lease, serving: Release): Promise<ReadonlyMap<string, string | undefined>> {
  const found = await Promise.all(
    serving.replicas.map(async ({ id, alias, madeBy }) => {
      const detail = await lease.runner.inspect(id);
      // Of this release's own also those that died before the first look, and came back.
      const restarted = madeBy === serving.id && (detail?.restarts ?? 0) > 0;
      return [alias, detail?.running === true && !restarted ? detail.startedAt : undefined] as const;
    }),
  );
  return new Map(found);
}

function changedStart(
  before: ReadonlyMap<string, string | undefined>,
  now: ReadonlyMap<string, string | undefined>,
): string | undefined {
  for (const [alias, startedAt] of now) {
    if (startedAt === undefined) return `${alias} ended by itself`;
    if (startedAt !== before.get(alias)) return `${alias} ended by itself and was started again`;
  }
  return undefined;
}

/** The system's own assertions again: what the new release writes must be as its schema promises. */
async function invalidValues(lease: Lease, { schema, ...inputs }: RolloutInputs): Promise<string | undefined> {
  const { database } = inputs.data;
  if (schema.assertions.length === 0 || lease.journal.serving?.revision !== schema.target) return undefined;
  const argv = sqlCommand(database, "live", questions(database, schema.assertions));
  return withData(lease.runner, lease.place, "assertions", accessOf(inputs), async (session) =>
    wrongAnswer(schema.assertions, await session.must("rerunning the schema's assertions", { argv })),
  );
}

function warnings({ silent, unanswered }: Watched): readonly string[] {
  return [
    ...(silent.length === 0 ? [] : [`too little traffic in the bake time to judge: ${silent.join(", ")}`]),
    ...(unanswered === undefined ? [] : [`Prometheus did not answer in the bake time: ${unanswered}`]),
  ];
}
