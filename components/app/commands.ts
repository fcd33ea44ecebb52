import type { Place } from "../container/spec.ts";
import { commandPlace, probedWorkloads } from "../probe/command.ts";
import { type CommandProbe, isHttp, type Probe } from "../probe/spec.ts";
import type { CommandRun } from "../smoke-test/spec.ts";
import type { TcpRoute } from "../switch/spec.ts";
import { assertFiles } from "./secret-files.ts";
import { type Deployment, type Known, secretEnv, type Workload, workloadContainer } from "./spec.ts";

export interface Commands {
  readonly workloads: readonly Workload[];
  readonly deployment: Deployment;
  readonly tcp: readonly TcpRoute[];
  readonly probes: readonly Probe[];
}

/** A workload whose probes are commands, without its secrets. */
export interface PlainRun {
  readonly workload: Workload;
  readonly run: CommandRun;
}

/** Where command probes meet the serving release: a raw TCP workload through the switch, a web one by its alias. */
export function commandRuns(place: Place, { workloads, deployment, tcp, probes }: Commands): readonly PlainRun[] {
  const named = probedWorkloads(probes);
  return workloads
    .filter(({ name }) => named.includes(name))
    .map((workload) => {
      const container = workloadContainer(place, workload, deployment);
      return { workload, run: { ...commandPlace(container, {}), secrets: {}, at: addressOf(workload, tcp) } };
    });
}

/** The runs by workload, each with its workload's secret variables: an input of the smoke test that stays secret. */
export function withSecrets(runs: readonly PlainRun[], known: Known): Readonly<Record<string, CommandRun>> {
  return Object.fromEntries(
    runs.map(({ workload, run }) => [workload.name, { ...run, secrets: secretEnv(workload, known) }]),
  );
}

function addressOf({ name, duty }: Workload, tcp: readonly TcpRoute[]): CommandRun["at"] {
  const route = tcp.find(({ alias }) => alias === name);
  if (route !== undefined) return { host: "switch", port: route.listen };
  return { host: name, port: duty.kind === "worker" ? 0 : duty.port };
}

/** @throws Error for a command probe that could never be asked, and for files that could never be written: to be called before anything is made */
export function assertAskable({ probes, workloads, tcp }: Pick<Commands, "probes" | "workloads" | "tcp">): void {
  for (const workload of workloads) assertFiles(workload);
  for (const probe of probes) if (!isHttp(probe)) assertOne(probe, workloads, tcp);
}

function assertOne(probe: CommandProbe, workloads: readonly Workload[], tcp: readonly TcpRoute[]): void {
  const workload = workloads.find(({ name }) => name === probe.workload);
  const answering = workloads.filter(({ duty }) => duty.kind !== "worker").map(({ name }) => name);
  const problem = (why: string) => new Error(`probe "${probe.name}": ${why}`);
  if (workload === undefined || workload.duty.kind === "worker")
    throw problem(`workload "${probe.workload}" answers nobody; allowed are ${answering.join(", ")}`);
  if (workload.duty.kind === "tcp" && !tcp.some(({ alias }) => alias === workload.name))
    throw problem(`raw TCP workload "${workload.name}" has no route in \`tcp\`, so the switch leads nowhere`);
  if (probe.argv.length === 0) throw problem("its command is empty");
  if (probe.report !== undefined && !isPattern(probe.report))
    throw problem(`\`report\` ${JSON.stringify(probe.report)} is no regular expression`);
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
