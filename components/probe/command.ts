import type { ContainerSpec, Mount, Place } from "../container/spec.ts";
import { indent, lastLines } from "../steps/failure.ts";
import type { Command, Finished, SessionRunner } from "../steps/runner.ts";
import { type Session, withSession } from "../steps/session.ts";
import { limited } from "../steps/time-limit.ts";
import { type CommandProbe, isHttp, type Probe } from "./spec.ts";

/** Where a workload's command probes run: its image, variables, user and trust, on its networks without a way out. */
export interface CommandPlace {
  readonly image: string;
  readonly user: string;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly networks: readonly string[];
  readonly memoryMb: number;
}

/** What `{host}` and `{port}` of a command stand for. */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Lines of passed probes that a user wants to see, by probe. */
export type Reports = Readonly<Record<string, readonly string[]>>;

/** Of a workload's container. A probe writes nothing of the product's: it gets the mounts that are read-only, such as the CA it trusts. */
export function commandPlace(container: ContainerSpec, secrets: Readonly<Record<string, string>>): CommandPlace {
  const networks = container.network === "host" ? [] : container.network;
  return {
    image: container.image,
    user: container.user,
    env: { ...container.env, ...secrets },
    mounts: container.mounts.filter(({ readOnly }) => readOnly === true),
    // Where others find it, too: a question needs no way out.
    networks: networks.filter(({ aliases }) => aliases.length > 0).map(({ name }) => name),
    memoryMb: container.limits.memoryMb,
  };
}

/** The workloads that command probes name, each once. */
export function probedWorkloads(probes: readonly Probe[]): readonly string[] {
  return [...new Set(probes.flatMap((probe) => (isHttp(probe) ? [] : [probe.workload])))];
}

const log = "/tmp/slipway-probe.log";
const runLimited = `${limited}\nlimited "$0" ${log} "$@"; status=$?\ncat ${log}\nexit "$status"`;

/** The probe's command with its address in, under its time limit. */
export function commandOf({ argv, timeoutSeconds }: CommandProbe, { host, port }: Address): Command {
  const words = argv.map((word) => word.replaceAll("{host}", host).replaceAll("{port}", String(port)));
  return { argv: ["sh", "-c", runLimited, String(timeoutSeconds), ...words] };
}

/** Undefined when the command proved its probe, else how it ended and what it said last. */
export function judgeCommand({ name, argv }: CommandProbe, { exitCode, output }: Finished): string | undefined {
  if (exitCode === 0) return undefined;
  return `probe "${name}" (\`${argv.join(" ")}\`): exited with ${exitCode}; its last lines:\n${indent(lastLines(output))}`;
}

/** What a passed probe said that its user wants to see. */
export function reported({ report }: CommandProbe, output: string): readonly string[] {
  return report === undefined ? [] : (output.match(new RegExp(report, "gm")) ?? []);
}

/** Opens a session for each workload, one inside the other: all are removed, whatever happens. */
export async function withCommands<T>(
  runner: SessionRunner,
  place: Place,
  places: Readonly<Record<string, CommandPlace>>,
  work: (sessions: ReadonlyMap<string, Session>) => Promise<T>,
): Promise<T> {
  const open = async (rest: readonly [string, CommandPlace][], made: ReadonlyMap<string, Session>): Promise<T> => {
    const [next, ...others] = rest;
    if (next === undefined) return work(made);
    const [workload, { networks, ...request }] = next;
    const spec = { ...request, network: networks.map((name) => ({ name, aliases: [] })) };
    return withSession(runner, place, "probe-command", spec, (session) =>
      open(others, new Map([...made, [workload, session]])),
    );
  };
  return open(Object.entries(places), new Map());
}
