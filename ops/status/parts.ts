import type Docker from "dockerode";
import { label } from "../../components/container/spec.ts";
import { statusOf } from "../../components/steps/docker-runner.ts";
import type { Release } from "../../components/steps/journal.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { readLog } from "../logs/read.ts";
import { healthNow, imageName } from "../parts.ts";
import { lastErrors, shortened } from "./errors.ts";
import type { Part } from "./report.ts";

/** A part that there should be, with its container when that is there. */
export interface Expected {
  readonly part: string;
  readonly workload: boolean;
  readonly container: Docker.ContainerInfo | undefined;
}

/**
 * What there should be: the parts that the last `up` recorded, and the replicas of the release that serves. The release that is kept to go back
 * to is not meant to run. Pure.
 */
export function expectedParts(
  recorded: readonly string[],
  serving: Release | undefined,
  containers: readonly Docker.ContainerInfo[],
): readonly Expected[] {
  const beside = [...recorded].sort().map((part) => ({
    part,
    workload: false,
    container: containers.find(({ Labels }) => Labels[label.part] === part && Labels[label.role] === "part"),
  }));
  const replicas = (serving?.replicas ?? []).map(({ id, workload }) => ({
    part: workload,
    workload: true,
    container: containers.find(({ Id }) => Id === id),
  }));
  return [...replicas, ...beside];
}

const errorWindowMs = 5 * 60_000;

/** What the engine knows of a part now. */
export async function lookAt(
  engine: Docker,
  runner: Runner,
  { part, workload, container }: Expected,
  redacted: (text: string) => string,
): Promise<Part> {
  const missing = { ...absent, part, workload };
  if (container === undefined) return missing;
  try {
    return { ...missing, ...(await found(engine, runner, container, redacted)) };
  } catch (error) {
    // Removed while we looked, by a release or by hand.
    if (statusOf(error) === 404) return missing;
    throw error;
  }
}

async function found(
  engine: Docker,
  runner: Runner,
  container: Docker.ContainerInfo,
  redacted: (text: string) => string,
): Promise<Partial<Part>> {
  const handle = engine.getContainer(container.Id);
  const [{ State, RestartCount }, image, log] = await Promise.all([
    handle.inspect(),
    imageName(engine, container),
    readLog(engine, container.Id, { since: Date.now() - errorWindowMs }),
  ]);
  const running = State.Running && !State.Restarting;
  const errors = lastErrors(log.map(({ text }) => text));
  return {
    container: (container.Names[0] ?? "").replace(/^\//, ""),
    state: running ? "running" : "stopped",
    health: running ? healthWord(await healthNow(engine, runner, container)) : "none",
    ageSeconds: running ? Math.max(0, Math.round((Date.now() - Date.parse(State.StartedAt)) / 1000)) : null,
    restarts: RestartCount,
    outOfMemory: State.OOMKilled,
    exitCode: running ? null : State.ExitCode,
    image,
    ...(running && (await usage(handle))),
    errors: errors.count,
    lastErrors: errors.last.map((line) => shortened(redacted(line))),
  };
}

const absent: Part = {
  part: "",
  container: "",
  workload: false,
  state: "missing",
  health: "none",
  ageSeconds: null,
  restarts: 0,
  outOfMemory: false,
  exitCode: null,
  image: "",
  memoryBytes: null,
  memoryLimitBytes: null,
  cpuPercent: null,
  errors: 0,
  lastErrors: [],
  says: {},
  ready: null,
};

/** A part without a check of its own is called after its state. */
function healthWord(said: string): string {
  return said === "running" ? "none" : said;
}

async function usage(
  container: Docker.Container,
): Promise<Pick<Part, "memoryBytes" | "memoryLimitBytes" | "cpuPercent">> {
  return usageOf(await container.stats({ stream: false }));
}

/** As `docker stats` counts: what the kernel only caches is not used. Pure. */
export function usageOf({
  memory_stats: memory,
  cpu_stats: now,
  precpu_stats: before,
}: Pick<Docker.ContainerStats, "memory_stats" | "cpu_stats" | "precpu_stats">): Pick<
  Part,
  "memoryBytes" | "memoryLimitBytes" | "cpuPercent"
> {
  const cached = memory.stats?.inactive_file ?? memory.stats?.total_inactive_file ?? 0;
  const spent = now.cpu_usage.total_usage - before.cpu_usage.total_usage;
  const passed = now.system_cpu_usage - before.system_cpu_usage;
  const percent = passed > 0 ? (100 * now.online_cpus * spent) / passed : undefined;
  return {
    memoryBytes: memory.usage === undefined ? null : memory.usage - cached,
    memoryLimitBytes: memory.limit ?? null,
    cpuPercent: percent === undefined || !Number.isFinite(percent) ? null : Number(percent.toFixed(1)),
  };
}
