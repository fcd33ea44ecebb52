import type { Task } from "@aws-sdk/client-ecs";
import { journalOf, servedOf, stateOf } from "../../../components/rollout/cluster.ts";
import type { Deployed } from "../../../components/steps/deployments.ts";
import { idOf } from "../../../components/steps/fargate-clients.ts";
import type { Facts, Part } from "../report.ts";
import type { ManagedRecord } from "./recorded.ts";

/** Services of ECS as a look tells them. Pure. */

/** What was proved last; null while nothing was. */
export function releaseNow(
  deployed: readonly Deployed[],
  { releases, imageName, commit }: Pick<ManagedRecord, "releases" | "imageName" | "commit">,
): Facts["release"] {
  const { serving } = journalOf(deployed);
  if (serving === undefined) return null;
  // Name and commit are the last `up`'s: of another release that serves they say nothing.
  const own = deployed.every((each) => each.release === releases[each.name]);
  return {
    id: deployed.map((each) => `${each.name}-${servedOf(each)?.release ?? "none"}`).join(" "),
    version: null,
    image: serving.image,
    imageName: own ? imageName : null,
    commit: own ? commit : null,
    since: serving.since,
    proved: deployed.every((each) => servedOf(each)?.release === each.release),
    schemaRevision: serving.revision,
    previous: null,
  };
}

/** What is on its way, and what is other than the last `up` wanted it. */
export function rolloutOf(
  deployed: readonly Deployed[],
  { releases }: Pick<ManagedRecord, "releases">,
): Facts["rollout"] {
  const coming = deployed.filter(isUnderWay);
  const [first] = coming;
  const gone = Object.keys(releases).filter((name) => deployed.every((each) => each.name !== name));
  const wrong = [
    ...gone.map((name) => `the service ${name} is gone`),
    ...deployed.flatMap((each) => {
      if (stateOf(each) === "late") return [`${each.name}: ${each.late}`];
      const wanted = releases[each.name];
      return wanted === undefined || wanted === each.release
        ? []
        : [`${each.name} has release ${each.release || "unknown"}, the last up wanted ${wanted}`];
    }),
  ];
  return {
    deviation: wrong.length === 0 ? null : wrong.join("; "),
    open:
      first === undefined
        ? null
        : {
            release: coming.map(({ name, release }) => `${name}-${release}`).join(" "),
            phase: `ECS replaces tasks, ${first.pods.updated} of ${first.pods.wanted} of ${first.name}`,
            held: false,
          },
    baking: null,
    lease: null,
  };
}

function isUnderWay(deployed: Deployed): boolean {
  return deployed.newest?.through === false && stateOf(deployed) === "coming";
}

const nothing = {
  workload: true,
  restarts: 0,
  outOfMemory: false,
  exitCode: null,
  memoryBytes: null,
  cpuPercent: null,
  errors: 0,
  lastErrors: [],
  says: {},
  ready: null,
};

/** Each task of a service, and each that there should be and is not; while ECS replaces them none is missing. */
export function tasksOf(
  deployed: Deployed,
  tasks: readonly Task[],
  { cluster, now }: { readonly cluster: string; readonly now: Date },
): readonly Part[] {
  const found = tasks.map((task) => taskPart(deployed.name, task, cluster, now));
  const absent = isUnderWay(deployed) ? 0 : Math.max(0, deployed.pods.wanted - found.length);
  const missing: Part = {
    ...nothing,
    part: deployed.name,
    container: "",
    state: "missing",
    health: "none",
    ageSeconds: null,
    image: "",
    memoryLimitBytes: null,
  };
  return [...found, ...Array.from({ length: absent }, () => missing)];
}

function taskPart(name: string, task: Task, cluster: string, now: Date): Part {
  const { taskArn = "", lastStatus = "", startedAt, memory, containers = [] } = task;
  const own = containers.find((each) => each.name === name);
  const runs = lastStatus === "RUNNING";
  return {
    ...nothing,
    part: name,
    container: `${cluster}_${name}/${idOf(taskArn)}`,
    state: runs || own?.exitCode === undefined ? "running" : "stopped",
    health: runs ? (healths[own?.healthStatus ?? ""] ?? "none") : "starting",
    ageSeconds: startedAt === undefined ? null : Math.round((now.getTime() - startedAt.getTime()) / 1000),
    exitCode: own?.exitCode ?? null,
    image: own?.image ?? "",
    memoryLimitBytes: memory === undefined ? null : Number(memory) * 1024 ** 2,
  };
}

const healths: Readonly<Record<string, string>> = { HEALTHY: "healthy", UNHEALTHY: "unhealthy" };
