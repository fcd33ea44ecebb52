import { setTimeout as pause } from "node:timers/promises";
import { ask, askUntil } from "../probe/ask.ts";
import { inOrder } from "../probe/order.ts";
import { type HttpProbe, isHttp } from "../probe/spec.ts";
import { lastLines, StepFailure } from "../steps/failure.ts";
import type { Replica } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import { type Session, withSession } from "../steps/session.ts";
import { Control } from "../switch/control.ts";
import {
  networksOf,
  type RolloutInputs,
  trafficOf,
  type WebDuty,
  type WorkerDuty,
  type WorkloadPlan,
  workloadName,
} from "./spec.ts";

const retryMs = 250;

/** Waits until every candidate proved itself: web replicas by their health path, paused workers by their check. */
export async function awaitReady(
  lease: Lease,
  session: Session,
  inputs: RolloutInputs,
  replicas: readonly Replica[],
): Promise<void> {
  await Promise.all(
    replicas.map(async (replica) => {
      const plan = planOf(inputs, replica);
      if (plan.duty.kind === "web") await webReady(lease, inputs, session, plan.duty, replica);
      else await workerReady(lease, inputs, plan.duty, replica);
    }),
  );
}

/** Asks the system's own questions through the switch, on the listener that users cannot reach. */
export async function probeCandidates(
  lease: Lease,
  session: Session,
  inputs: RolloutInputs,
  replicas: readonly Replica[],
): Promise<void> {
  const { probes, tokens } = inputs.gate;
  const [first] = inputs.workloads.flatMap(({ duty }) => (duty.kind === "web" ? duty.backends.slice(0, 1) : []));
  const traffic = trafficOf(inputs.workloads, replicas);
  // Only workers are new: what users reach is as it was.
  if (first === undefined || traffic[first.name]?.length === 0) return;
  await new Control(lease.runner, lease.place).candidates(traffic);
  const target = { base: `http://switch:${first.candidatePort}`, options: [] };
  const problems: string[] = [];
  for (const probe of inOrder(probes.filter(isHttp))) {
    // What a failed probe never wrote cannot be removed: only the first failure is the user's.
    if (problems.length > 0 && probe.cleanup !== true) continue;
    const token = probe.bearer === undefined ? undefined : tokens[probe.bearer];
    const problem = await ask(session, probe, target, token);
    if (problem !== undefined) problems.push(`probe "${probe.name}" (${probe.method} ${probe.path}): ${problem}`);
  }
  if (problems[0] !== undefined) throw new StepFailure(problems[0]);
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

async function workerReady(lease: Lease, inputs: RolloutInputs, duty: WorkerDuty, replica: Replica): Promise<void> {
  if (duty.check.length === 0) return;
  const deadline = Date.now() + inputs.times.ready * 1000;
  for (;;) {
    const gone = await hasEnded(lease, replica);
    if (gone !== undefined) throw new StepFailure(gone);
    const { exitCode, output } = await lease.runner.exec(replica.id, { argv: duty.check });
    if (exitCode === 0) return;
    if (Date.now() > deadline) {
      const what = `the check of worker ${replica.alias} (\`${duty.check.join(" ")}\`)`;
      throw new StepFailure(`${what} did not pass within ${inputs.times.ready} s: ${lastLines(output, 3)}`);
    }
    await pause(retryMs);
  }
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

/** A session beside the workloads, for curl. */
export function withProbes<T>(lease: Lease, inputs: RolloutInputs, work: (session: Session) => Promise<T>): Promise<T> {
  const networks = inputs.workloads.flatMap(({ container }) => networksOf(container)).map(({ name }) => name);
  return withSession(
    lease.runner,
    lease.place,
    "probe",
    {
      image: inputs.gate.probeImage,
      user: "1000:1000",
      env: {},
      mounts: [],
      network: [...new Set(networks)].map((name) => ({ name, aliases: [] })),
      memoryMb: 64,
    },
    work,
  );
}
