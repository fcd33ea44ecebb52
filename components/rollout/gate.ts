import { innerNetwork } from "../container/spec.ts";
import { ask } from "../probe/ask.ts";
import {
  type CommandPlace,
  commandOf,
  commandPlace,
  judgeCommand,
  probedWorkloads,
  withCommands,
} from "../probe/command.ts";
import { inOrder } from "../probe/order.ts";
import { isHttp, type Probe } from "../probe/spec.ts";
import { StepFailure } from "../steps/failure.ts";
import type { Replica } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import { type Session, withSession } from "../steps/session.ts";
import { Control } from "../switch/control.ts";
import { type RolloutInputs, trafficOf, workloadName } from "./spec.ts";

/** Sessions for questions: curl's own, and one in the product's image for each workload that command probes name. */
export interface Asking {
  readonly http: Session;
  readonly commands: ReadonlyMap<string, Session>;
}

/** Asks the system's own questions through the switch, on the listeners that users cannot reach. */
export async function probeCandidates(
  lease: Lease,
  asking: Asking,
  inputs: RolloutInputs,
  replicas: readonly Replica[],
): Promise<void> {
  const traffic = trafficOf(inputs.workloads, replicas);
  // Only workers are new: what users reach is as it was.
  if (Object.values(traffic).every((aliases) => aliases.length === 0)) return;
  await new Control(lease.runner, lease.place).candidates(traffic);
  const problems: string[] = [];
  for (const probe of inOrder(inputs.gate.probes)) {
    const port = candidatePortFor(inputs, probe, replicas);
    // What a failed probe never wrote cannot be removed: only the first failure is the user's.
    if (port === undefined || (problems.length > 0 && probe.cleanup !== true)) continue;
    const problem = await problemOf(asking, inputs, probe, port);
    if (problem !== undefined) problems.push(problem);
  }
  if (problems[0] !== undefined) throw new StepFailure(problems[0]);
}

/** Where a probe reaches candidates: http ones those of the first web workload, commands those of their own. Undefined when none is new. */
export function candidatePortFor(
  { workloads }: Pick<RolloutInputs, "workloads">,
  probe: Probe,
  replicas: readonly Replica[],
): number | undefined {
  const plan = workloads.find((each) =>
    isHttp(probe)
      ? each.duty.kind === "web" && each.duty.backends.length > 0
      : workloadName(each) === probe.workload && each.duty.kind !== "worker",
  );
  if (plan === undefined || plan.duty.kind === "worker") return undefined;
  if (!replicas.some(({ workload }) => workload === workloadName(plan))) return undefined;
  return plan.duty.backends[0]?.candidatePort;
}

async function problemOf(
  { http, commands }: Asking,
  { gate }: RolloutInputs,
  probe: Probe,
  port: number,
): Promise<string | undefined> {
  if (isHttp(probe)) {
    const token = probe.bearer === undefined ? undefined : gate.tokens[probe.bearer];
    const problem = await ask(http, probe, { base: `http://switch:${port}`, options: [] }, token);
    return problem && `probe "${probe.name}" (${probe.method} ${probe.path}): ${problem}`;
  }
  const session = commands.get(probe.workload);
  if (session === undefined)
    return `probe "${probe.name}" names workload ${probe.workload}, which is not of this release`;
  return judgeCommand(probe, await session.run(commandOf(probe, { host: "switch", port })));
}

/** All that the gate asks with. */
export function withAsking<T>(lease: Lease, inputs: RolloutInputs, work: (asking: Asking) => Promise<T>): Promise<T> {
  return withProbes(lease, inputs, (http) =>
    withCommands(lease.runner, lease.place, commandPlaces(inputs), (commands) => work({ http, commands })),
  );
}

/** A session beside the workloads, for curl. */
export function withProbes<T>(lease: Lease, inputs: RolloutInputs, work: (session: Session) => Promise<T>): Promise<T> {
  return withSession(
    lease.runner,
    lease.place,
    "probe",
    {
      image: inputs.gate.probeImage,
      user: "1000:1000",
      env: {},
      mounts: [],
      // Where the switch, who answers users, and Prometheus are; a question needs no store and no way out.
      network: [{ name: innerNetwork(lease.place, "front"), aliases: [] }],
      memoryMb: 64,
    },
    work,
  );
}

/** Where the gate's command probes run, by workload. */
export function commandPlaces({ gate, workloads, secretEnv }: RolloutInputs): Record<string, CommandPlace> {
  const named = new Set(probedWorkloads(gate.probes));
  return Object.fromEntries(
    workloads
      .map((plan) => [workloadName(plan), plan.container] as const)
      .filter(([name]) => named.has(name))
      .map(([name, container]) => [name, commandPlace(container, secretEnv[name] ?? {})]),
  );
}
