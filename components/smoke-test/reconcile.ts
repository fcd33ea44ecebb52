import type { NetworkPlace } from "../container/spec.ts";
import { ask, askUntil } from "../probe/ask.ts";
import { inOrder } from "../probe/order.ts";
import { type HttpProbe, isHttp } from "../probe/spec.ts";
import { announce } from "../rollout/announce.ts";
import { type Means, recovered } from "../rollout/recover.ts";
import { undoServing } from "../rollout/undo.ts";
import { messageOf, redact, redacted, StepFailure } from "../steps/failure.ts";
import type { Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Runner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import type { Route, SmokeTestInputs, SmokeTestOutputs } from "./spec.ts";

/** The step with its runner given, so that tests can bring their own. */
export function smokeTest(runner: Runner, inputs: SmokeTestInputs): Promise<SmokeTestOutputs> {
  const { place, mode, schema, data, dataSecrets } = inputs;
  const means = { mode, schema, access: { data, secrets: dataSecrets } };
  return redacted(secretsOf(inputs), () =>
    recovered(runner, place, means, "smoke test", (lease) => prove(lease, inputs, means)),
  );
}

async function prove(lease: Lease, inputs: SmokeTestInputs, means: Means): Promise<SmokeTestOutputs> {
  const { serving } = lease.journal;
  if (serving === undefined || serving.id !== inputs.release) {
    throw new StepFailure(
      `release ${serving?.id ?? "none"} serves, not ${inputs.release}; run the same command again to release it`,
    );
  }
  try {
    await probeAll(lease, inputs);
  } catch (error) {
    const undone = await undo(lease, inputs, means, messageOf(error));
    const untold = await tell(inputs, serving, "undone", messageOf(error));
    throw new StepFailure([messageOf(error), undone, ...untold].join("\n"));
  }
  if (lease.journal.proved !== serving.id) await tell(inputs, serving, "succeeded");
  await lease.save({ ...lease.journal, proved: inputs.release });
  return { proved: inputs.probes.map((probe) => probe.name), provedRelease: inputs.release };
}

function tell(
  inputs: SmokeTestInputs,
  { id, image, revision }: Release,
  event: "succeeded" | "undone",
  why?: string,
): Promise<readonly string[]> {
  const reason = why === undefined ? {} : { why: redact(why, secretsOf(inputs)) };
  return announce(inputs, { event, release: id, image, schema: revision, ...reason });
}

async function undo(lease: Lease, inputs: SmokeTestInputs, means: Means, problem: string): Promise<string> {
  try {
    return await undoServing(lease, means, redact(problem, secretsOf(inputs)));
  } catch (error) {
    return `The undo failed too (${messageOf(error)}); run the same command again to mend it.`;
  }
}

function secretsOf({ tokens, dataSecrets }: SmokeTestInputs): readonly string[] {
  return [...Object.values(tokens), ...Object.values(dataSecrets)];
}

async function probeAll(lease: Lease, inputs: SmokeTestInputs): Promise<void> {
  await withRoute(lease, inputs, inputs.network, (network) =>
    withRoute(lease, inputs, inputs.edge, async (edge) => {
      const sessions = { network, edge };
      const probes = inOrder(inputs.probes.filter(isHttp));
      const tests = probes.filter(({ cleanup }) => cleanup !== true);
      const cleanups = probes.filter(({ cleanup }) => cleanup === true);
      const [first] = tests.filter((probe) => probe.via === "edge");
      // The edge may still be making its certificate; only the first probe may wait for it.
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
  sessions: Record<HttpProbe["via"], Session>,
  inputs: SmokeTestInputs,
  probes: readonly HttpProbe[],
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
