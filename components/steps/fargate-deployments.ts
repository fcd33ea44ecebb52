import { setTimeout as pause } from "node:timers/promises";
import type { Deployment, Service, TaskDefinition } from "@aws-sdk/client-ecs";
import { label } from "../container/spec.ts";
import { readNote, writtenNote } from "../fargate/note.ts";
import type { Deployed, Deployments } from "./deployments.ts";
import { indent, StepFailure } from "./failure.ts";
import { type Fargate, fargateOf, idOf, linesOf } from "./fargate-clients.ts";
import { wordsOf } from "./fargate-runner.ts";

const keptLines = 20;
/** How many releases of a workload are looked at for the way back. */
const keptReleases = 10;

/** AWS lets nobody ask as often as a cluster's API server: between two looks at all services. */
const lookMs = 5000;

/** The services of a stack's cluster: a set is a revision of the service's task definition, `<family>:<revision>`. */
export function fargateDeployments(host: string, pauseMs = lookMs): Deployments {
  return new FargateDeployments(fargateOf(host, pauseMs));
}

class FargateDeployments implements Deployments {
  readonly #fargate: Fargate;
  /** By ARN: a revision never changes. */
  readonly #definitions = new Map<string, TaskDefinition>();
  #looked = 0;

  constructor(fargate: Fargate) {
    this.#fargate = fargate;
  }

  async list(labels: Readonly<Record<string, string>>): Promise<readonly Deployed[]> {
    await pause(Math.max(0, this.#looked + this.#fargate.pauseMs - Date.now()));
    this.#looked = Date.now();
    const found = (await this.#services()).filter(({ tags = [] }) =>
      Object.entries(labels).every(([name, value]) => tags.some((tag) => tag.key === name && tag.value === value)),
    );
    return Promise.all(found.map(async (service) => deployedOf(service, await this.#revisions(service))));
  }

  async setBack(name: string, set: string): Promise<void> {
    const { ecs, at } = this.#fargate;
    await ecs.updateService({ cluster: at.cluster, service: name, taskDefinition: set });
  }

  async note(name: string, served: string): Promise<void> {
    const { ecs } = this.#fargate;
    const service = (await this.#services()).find(({ serviceName }) => serviceName === name);
    if (service?.serviceArn === undefined) throw new StepFailure(`the service ${name} is not there`);
    const { written, stale } = writtenNote(served, keysOf(service));
    if (stale.length > 0) await ecs.untagResource({ resourceArn: service.serviceArn, tagKeys: [...stale] });
    await ecs.tagResource({ resourceArn: service.serviceArn, tags: [...written] });
  }

  async words(set: string): Promise<string> {
    const { ecs, at } = this.#fargate;
    const family = set.split(":")[0] ?? set;
    const { taskArns = [] } = await ecs.listTasks({ cluster: at.cluster, family, desiredStatus: "STOPPED" });
    const { tasks = [] } =
      taskArns.length === 0 ? {} : await ecs.describeTasks({ cluster: at.cluster, tasks: taskArns.slice(0, 10) });
    const own = tasks.filter(({ taskDefinitionArn = "" }) => idOf(taskDefinitionArn) === set).slice(0, 2);
    const told = await Promise.all(
      own.map(async (task) => {
        const names = (task.containers ?? []).flatMap(({ name }) => name ?? []);
        const logs = await Promise.all(names.map((name) => this.#log(set, name, idOf(task.taskArn ?? ""))));
        return [`task ${idOf(task.taskArn ?? "")}: ${wordsOf(task)}`, ...logs.flat()].join("\n");
      }),
    );
    return told.length > 0 ? told.join("\n") : `no task of ${set} has ended; ${await this.#events(set)}`;
  }

  async #log(set: string, container: string, task: string): Promise<readonly string[]> {
    // The family is <cluster>-<workload>.
    const part = set.slice(this.#fargate.at.cluster.length + 1).split(":")[0];
    const lines = await linesOf(this.#fargate, `${part}/${container}/${task}`);
    return lines.length === 0 ? [] : [`${container}:\n${indent(lines.slice(-keptLines).join("\n"))}`];
  }

  async #events(set: string): Promise<string> {
    const service = (await this.#services()).find(({ deployments = [] }) =>
      deployments.some(({ taskDefinition = "" }) => idOf(taskDefinition) === set),
    );
    const events = (service?.events ?? []).slice(0, 3).flatMap(({ message }) => message ?? []);
    return events.join("; ") || "no event tells why";
  }

  async #services(): Promise<readonly Service[]> {
    const { ecs, at } = this.#fargate;
    const { serviceArns = [] } = await ecs.listServices({ cluster: at.cluster, maxResults: 100 });
    const found: Service[] = [];
    for (let from = 0; from < serviceArns.length; from += 10) {
      const services = serviceArns.slice(from, from + 10);
      const page = await ecs.describeServices({ cluster: at.cluster, services, include: ["TAGS"] });
      found.push(...(page.services ?? []));
    }
    return found.filter(({ status }) => status === "ACTIVE");
  }

  async #revisions({ taskDefinition = "" }: Service): Promise<readonly TaskDefinition[]> {
    const { ecs } = this.#fargate;
    const familyPrefix = idOf(taskDefinition).split(":")[0] ?? "";
    const { taskDefinitionArns = [] } = await ecs.listTaskDefinitions({
      familyPrefix,
      status: "ACTIVE",
      sort: "DESC",
      maxResults: keptReleases,
    });
    // The one that it has, however old it is.
    const wanted = [...new Set([taskDefinition, ...taskDefinitionArns])];
    const described = await Promise.all(wanted.map((each) => this.#definition(each)));
    return described.filter((each) => each !== undefined);
  }

  async #definition(arn: string): Promise<TaskDefinition | undefined> {
    const known = this.#definitions.get(arn);
    if (known !== undefined) return known;
    const { taskDefinition } = await this.#fargate.ecs.describeTaskDefinition({ taskDefinition: arn });
    if (taskDefinition !== undefined) this.#definitions.set(arn, taskDefinition);
    return taskDefinition;
  }
}

/** Pure. @param revisions of its family, those that there are still */
export function deployedOf(service: Service, revisions: readonly TaskDefinition[]): Deployed {
  const {
    serviceName: name = "",
    taskDefinition = "",
    desiredCount: wanted = 0,
    deployments = [],
    tags = [],
  } = service;
  const primary = deployments.find(({ status }) => status === "PRIMARY");
  const sets = revisions.map((each) => ({ name: idOf(each.taskDefinitionArn ?? ""), release: releaseOf(each) }));
  const updated = primary?.runningCount ?? 0;
  const failed = deployments.find(({ rolloutState }) => rolloutState === "FAILED");
  const served = readNote(tags);
  return {
    name,
    release: sets.find((each) => each.name === idOf(taskDefinition))?.release ?? "",
    seen: primary?.taskDefinition === taskDefinition,
    pods: {
      wanted,
      all: deployments.reduce((sum, each) => sum + running(each), 0),
      updated,
      // Completed: each task runs, and the load balancer's own check has found it well.
      available: primary?.rolloutState === "COMPLETED" ? updated : 0,
    },
    ...(failed !== undefined && {
      late: `"${idOf(failed.taskDefinition ?? "")}": ${failed.rolloutStateReason ?? "the deployment failed"}`,
    }),
    sets,
    ...(served !== undefined && { served }),
  };
}

function running({ runningCount = 0, pendingCount = 0 }: Deployment): number {
  return runningCount + pendingCount;
}

function releaseOf({ containerDefinitions = [] }: TaskDefinition): string {
  return containerDefinitions.map(({ dockerLabels = {} }) => dockerLabels[label.release]).find(Boolean) ?? "";
}

function keysOf({ tags = [] }: Service): readonly string[] {
  return tags.flatMap(({ key }) => key ?? []);
}
