import type { NetworkPlace } from "../container/spec.ts";
import { ask, askUntil } from "../probe/ask.ts";
import { type CommandPlace, commandOf, judgeCommand, type Reports, reported, withCommands } from "../probe/command.ts";
import { inOrder } from "../probe/order.ts";
import { type CommandProbe, type HttpProbe, isHttp, type Probe } from "../probe/spec.ts";
import { announce } from "../rollout/announce.ts";
import { type Means, recovered } from "../rollout/recover.ts";
import { withPasswords } from "../rollout/redact.ts";
import { undoServing } from "../rollout/undo.ts";
import { messageOf, redact, redacted, StepFailure } from "../steps/failure.ts";
import type { Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Runner, SessionRunner } from "../steps/runner.ts";
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

/** Where probes are asked from, and what of a smoke test they need. */
export interface ProbePlace extends Pick<Lease, "place"> {
  readonly runner: SessionRunner;
}
export type Probing = Pick<
  SmokeTestInputs,
  "probes" | "tokens" | "network" | "edge" | "commands" | "probeImage" | "readySeconds" | "dataSecrets"
>;

async function prove(lease: Lease, inputs: SmokeTestInputs, means: Means): Promise<SmokeTestOutputs> {
  const { serving } = lease.journal;
  if (serving === undefined || serving.id !== inputs.release) {
    throw new StepFailure(
      `release ${serving?.id ?? "none"} serves, not ${inputs.release}; run the same command again to release it`,
    );
  }
  let reports: Reports;
  try {
    reports = await probeAll(lease, inputs);
  } catch (error) {
    const undone = await undo(lease, inputs, means, messageOf(error));
    const untold = await tell(inputs, serving, "undone", messageOf(error));
    throw new StepFailure([messageOf(error), undone, ...untold].join("\n"));
  }
  if (lease.journal.proved !== serving.id) await tell(inputs, serving, "succeeded");
  await lease.save({ ...lease.journal, proved: inputs.release });
  return { proved: inputs.probes.map((probe) => probe.name), provedRelease: inputs.release, reports };
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

/** Everything that no message of the smoke test may repeat; of a variable that is a URL also the password in it. */
export function secretsOf({ tokens, dataSecrets, commands = {} }: Probing): readonly string[] {
  const variables = Object.values(commands).flatMap(({ secrets }) => Object.values(secrets));
  return [...Object.values(tokens), ...Object.values(dataSecrets), ...withPasswords(variables)];
}

/** What probes are asked with: a way that no probe takes has no session. */
interface Sessions {
  readonly network: Session | undefined;
  readonly edge: Session | undefined;
  readonly commands: ReadonlyMap<string, Session>;
}

/** Asks every probe; what passed ones said that a user wants to see. @throws StepFailure with the first that is not proved */
export async function probeAll({ runner, place }: ProbePlace, inputs: Probing): Promise<Reports> {
  const takes = (via: Probe["via"]) => inputs.probes.some((probe) => isHttp(probe) && probe.via === via);
  return withRoute({ runner, place }, inputs, takes("network") ? inputs.network : undefined, (network) =>
    withRoute({ runner, place }, inputs, takes("edge") ? inputs.edge : undefined, (edge) =>
      withCommands(runner, place, commandPlaces(inputs), async (commands) => {
        const sessions = { network, edge, commands };
        const reports: Record<string, readonly string[]> = {};
        const probes = inOrder(inputs.probes);
        const tests = probes.filter(({ cleanup }) => cleanup !== true);
        const cleanups = probes.filter(({ cleanup }) => cleanup === true);
        const proved = await edgeReady(sessions, inputs, tests);
        // Asked again, what wrote would find what it wrote.
        const others = tests.filter((probe) => probe !== proved);
        const problem = await firstProblem(sessions, inputs, others, reports);
        const leftover = await firstProblem(sessions, inputs, cleanups, reports);
        // What a failed probe never wrote cannot be removed: only the first failure is the user's.
        if (problem !== undefined) throw new StepFailure(problem);
        if (leftover !== undefined) throw new StepFailure(leftover);
        return reports;
      }),
    ),
  );
}

/** The edge may still be making its certificate; only the first probe may wait for it, and is proved by that. */
async function edgeReady({ edge }: Sessions, inputs: Probing, tests: readonly Probe[]): Promise<Probe | undefined> {
  const first = tests.filter(isHttp).find(({ via }) => via === "edge");
  if (first === undefined || edge === undefined || inputs.edge === undefined) return undefined;
  await askUntil(edge, first, inputs.edge.target, { seconds: inputs.readySeconds });
  return first;
}

async function firstProblem(
  sessions: Sessions,
  inputs: Probing,
  probes: readonly Probe[],
  reports: Record<string, readonly string[]>,
): Promise<string | undefined> {
  for (const probe of probes) {
    const problem = isHttp(probe)
      ? await httpProblem(sessions[probe.via], inputs, probe)
      : await commandProblem(sessions.commands.get(probe.workload), inputs, probe, reports);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

async function httpProblem(
  session: Session | undefined,
  inputs: Probing,
  probe: HttpProbe,
): Promise<string | undefined> {
  const target = inputs[probe.via]?.target;
  const what = `probe "${probe.name}" (${probe.method} ${probe.path} by ${probe.via})`;
  if (session === undefined || target === undefined) return `${what}: the system has no edge`;
  const token = probe.bearer === undefined ? undefined : inputs.tokens[probe.bearer];
  const problem = await ask(session, probe, target, token);
  return problem && `${what}: ${problem}`;
}

async function commandProblem(
  session: Session | undefined,
  inputs: Probing,
  probe: CommandProbe,
  reports: Record<string, readonly string[]>,
): Promise<string | undefined> {
  const at = inputs.commands?.[probe.workload]?.at;
  if (session === undefined || at === undefined) return `probe "${probe.name}": nothing runs its command`;
  const finished = await session.run(commandOf(probe, at));
  const lines = finished.exitCode === 0 ? reported(probe, finished.output) : [];
  if (lines.length > 0) reports[probe.name] = lines.map((line) => redact(line, secretsOf(inputs)));
  return judgeCommand(probe, finished);
}

/** Secrets join the plain variables at the last moment: what is left of the inputs is the place alone. */
function commandPlaces({ commands = {} }: Probing): Readonly<Record<string, CommandPlace>> {
  return Object.fromEntries(
    Object.entries(commands).map(([workload, { secrets, at: _, ...run }]) => [
      workload,
      { ...run, env: { ...run.env, ...secrets } },
    ]),
  );
}

function withRoute<T>(
  at: ProbePlace,
  inputs: Probing,
  route: Route | undefined,
  work: (session: Session | undefined) => Promise<T>,
): Promise<T> {
  if (route === undefined) return work(undefined);
  const network: "host" | readonly NetworkPlace[] =
    route.from === "host" ? "host" : [{ name: route.from, aliases: [] }];
  return withSession(
    at.runner,
    at.place,
    "probe",
    // root without any capability: the certificate of the edge's own CA is readable by its owner only.
    { image: inputs.probeImage, user: route.user ?? "0:0", env: {}, mounts: route.mounts, network, memoryMb: 64 },
    work,
  );
}
