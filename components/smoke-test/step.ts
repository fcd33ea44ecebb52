import { take } from "../backup/sets.ts";
import type { NetworkPlace } from "../container/spec.ts";
import { ask, askUntil } from "../probe/ask.ts";
import type { Probe } from "../probe/spec.ts";
import { recovered, undoServing } from "../rollout/recover.ts";
import { dockerRunner } from "../steps/docker-runner.ts";
import { messageOf, redact, StepFailure } from "../steps/failure.ts";
import type { Lease } from "../steps/lease.ts";
import { type Session, withSession } from "../steps/session.ts";
import { changedInputs, type Step } from "../steps/step.ts";
import { ordered, type Route, type SmokeTestInputs, type SmokeTestOutputs } from "./spec.ts";

/** Proves the serving release as its users meet it, through the edge, and undoes it when it is not what it should be. */
const step: Step<SmokeTestInputs, SmokeTestOutputs> = {
  changed: (before, wanted) => changedInputs(before, wanted),
  async reconcile(inputs) {
    const { host, place, data } = inputs;
    try {
      return await recovered(dockerRunner(host), place, data, "smoke test", (lease) => prove(lease, inputs));
    } catch (error) {
      throw new StepFailure(redact(messageOf(error), Object.values(inputs.tokens)));
    }
  },
};

async function prove(lease: Lease, inputs: SmokeTestInputs): Promise<SmokeTestOutputs> {
  const serving = lease.journal.serving?.id;
  if (serving !== inputs.release) {
    throw new StepFailure(
      `release ${serving ?? "none"} serves, not ${inputs.release}; run the same command again to release it`,
    );
  }
  try {
    await probeAll(lease, inputs);
  } catch (error) {
    throw new StepFailure(`${messageOf(error)}\n${await undo(lease, inputs, messageOf(error))}`);
  }
  await lease.save({ ...lease.journal, proved: inputs.release });
  return { proved: inputs.probes.map((probe) => probe.name), provedRelease: inputs.release };
}

async function undo(lease: Lease, inputs: SmokeTestInputs, problem: string): Promise<string> {
  const { runner, place } = lease;
  const why = redact(problem, Object.values(inputs.tokens));
  try {
    const takeEmergencySet = async () => (await take(runner, place, inputs.data, "emergency")).set;
    return await undoServing(lease, inputs.data, why, takeEmergencySet);
  } catch (error) {
    return `The undo failed too (${messageOf(error)}); run the same command again to mend it.`;
  }
}

async function probeAll(lease: Lease, inputs: SmokeTestInputs): Promise<void> {
  await withRoute(lease, inputs, inputs.network, (network) =>
    withRoute(lease, inputs, inputs.edge, async (edge) => {
      const sessions = { network, edge };
      const { tests, cleanups } = ordered(inputs.probes);
      const [first] = tests.filter((probe) => probe.via === "edge");
      // The switch learns of a new address within seconds; only the first probe may wait for it.
      if (first !== undefined) await askUntil(edge, first, inputs.edge.target, { seconds: inputs.readySeconds });
      const problem = await firstProblem(sessions, inputs, tests);
      const leftover = await firstProblem(sessions, inputs, cleanups);
      // What a failed probe never wrote cannot be removed: only the first failure is the user's.
      if (problem !== undefined) throw new StepFailure(problem);
      if (leftover !== undefined) throw new StepFailure(leftover);
    }),
  );
}

async function firstProblem(
  sessions: Record<Probe["via"], Session>,
  inputs: SmokeTestInputs,
  probes: readonly Probe[],
): Promise<string | undefined> {
  for (const probe of probes) {
    const token = probe.bearer === undefined ? undefined : inputs.tokens[probe.bearer];
    const problem = await ask(sessions[probe.via], probe, inputs[probe.via].target, token);
    if (problem !== undefined)
      return `probe "${probe.name}" (${probe.method} ${probe.path} by ${probe.via}): ${problem}`;
  }
  return undefined;
}

function withRoute<T>(
  lease: Lease,
  inputs: SmokeTestInputs,
  route: Route,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const network: "host" | readonly NetworkPlace[] =
    route.from === "host" ? "host" : [{ name: route.from, aliases: [] }];
  return withSession(
    lease.runner,
    lease.place,
    "probe",
    // root without any capability: the certificate of the edge's own CA is readable by its owner only.
    { image: inputs.probeImage, user: "0:0", env: {}, mounts: route.mounts, network, memoryMb: 64 },
    work,
  );
}

export default step;
