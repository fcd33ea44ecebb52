import { NotYet, until } from "../../toolchain/poll.ts";
import { askUntil } from "../probe/ask.ts";
import type { HttpProbe } from "../probe/spec.ts";
import { inTime } from "../steps/deadline.ts";
import { lastLines, StepFailure } from "../steps/failure.ts";
import type { Replica } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Session } from "../steps/session.ts";
import type { WebDuty } from "./duty.ts";
import { type RolloutInputs, type WorkloadPlan, workloadName } from "./spec.ts";

const retryMs = 250;

/** Waits until every candidate proved itself: web replicas by their health path, raw TCP ones and paused workers by their check. */
export async function awaitReady(
  lease: Lease,
  session: Session,
  inputs: RolloutInputs,
  replicas: readonly Replica[],
): Promise<void> {
  await Promise.all(
    replicas.map(async (replica) => {
      const plan = planOf(inputs, replica);
      await isReady(lease, session, inputs, plan, replica);
    }),
  );
}

async function isReady(
  lease: Lease,
  session: Session,
  inputs: RolloutInputs,
  { duty }: WorkloadPlan,
  replica: Replica,
): Promise<void> {
  switch (duty.kind) {
    case "web":
      await webReady(lease, inputs, session, duty, replica);
      break;
    case "tcp":
      await passes(lease, inputs, replica, "health check", duty.check);
      break;
    case "worker":
      await passes(lease, inputs, replica, "check", duty.check);
      break;
    default:
      duty satisfies never;
  }
  if (duty.kind !== "worker" && duty.liveness !== undefined) {
    await passes(lease, inputs, replica, "liveness check", duty.liveness);
  }
}

async function webReady(
  lease: Lease,
  inputs: RolloutInputs,
  session: Session,
  duty: WebDuty,
  replica: Replica,
): Promise<void> {
  const { path, json, port } = duty;
  const probe: HttpProbe = { name: "ready", via: "network", method: "GET", path, expect: { status: 200, json } };
  const target = { base: `http://${replica.alias}:${port}`, options: [] };
  await askUntil(session, probe, target, { seconds: inputs.times.ready, gone: () => hasEnded(lease, replica) });
}

/** Asks inside the candidate's own container until the command passes. */
async function passes(
  lease: Lease,
  inputs: RolloutInputs,
  replica: Replica,
  what: string,
  argv: readonly string[],
): Promise<void> {
  if (argv.length === 0) return;
  const seconds = inputs.times.ready;
  const look = async () => {
    const gone = await hasEnded(lease, replica);
    if (gone !== undefined) throw new StepFailure(gone);
    // One that accepts and never answers would be waited for without end.
    const silent = { exitCode: -1, output: "it neither passed nor failed" };
    const { exitCode, output } = await inTime(lease.runner.exec(replica.id, { argv }), seconds, silent);
    return exitCode === 0 || new NotYet(lastLines(output, 3));
  };
  const which = `the ${what} of ${replica.workload} ${replica.alias} (\`${argv.join(" ")}\`)`;
  await until(look, { seconds, everyMs: retryMs, late: `${which} did not pass` });
}

/** Undefined while a candidate runs, else how it ended. */
async function hasEnded({ runner }: Lease, replica: Replica): Promise<string | undefined> {
  const detail = await runner.inspect(replica.id);
  if (detail === undefined) return `the container of ${replica.alias} is gone`;
  return detail.running ? undefined : `${replica.alias} ended by itself with exit code ${detail.exitCode}`;
}

function planOf(inputs: RolloutInputs, replica: Replica): WorkloadPlan {
  const plan = inputs.workloads.find((each) => workloadName(each) === replica.workload);
  if (plan === undefined) throw new StepFailure(`workload ${replica.workload} is not of this release`);
  return plan;
}
