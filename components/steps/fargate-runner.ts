import type { Task } from "@aws-sdk/client-ecs";
import { NotYet, until } from "../../toolchain/poll.ts";
import { type ContainerSpec, label } from "../container/spec.ts";
import { secretPrefix } from "../fargate/address.ts";
import { finishedOf, taskCommand } from "../fargate/command.ts";
import { type Companion, companionName, withCompanion } from "../fargate/companion.ts";
import { asOwnLog, serverLogGroup } from "../fargate/server-log.ts";
import { partOf, taskOf } from "../fargate/task.ts";
import { indent, StepFailure } from "./failure.ts";
import { eventsOf, type Fargate, fargateOf, idOf, linesOf } from "./fargate-clients.ts";
import type { Command, Finished, Observed, SessionRunner } from "./runner.ts";

/** Who started a step's tasks, as ECS shows it and as they are found again. */
const startedBy = "slipway-step";
/** Disk of a step's task: a rehearsal's dump lies on it for as long as the task lives. */
const stepGb = 100;
/** Longest wait for a command of a step. */
const commandSeconds = 3600;
/** Longest wait for the last line of a log whose task has ended. */
const logSeconds = 60;

/** Runs a step's own commands as tasks on Fargate, one task for each command: nothing on disk outlives it. @param beside the product, in each task */
export function fargateRunner(host: string, pauseMs?: number, beside?: Companion): SessionRunner {
  return new FargateRunner(fargateOf(host, pauseMs), beside);
}

interface Open {
  readonly spec: ContainerSpec;
  /** ARN of the secret that holds the variables; none yet before the first command that has any. */
  secret?: string;
}

class FargateRunner implements SessionRunner {
  readonly #fargate: Fargate;
  readonly #beside: Companion | undefined;
  readonly #open = new Map<string, Open>();
  readonly #began = Date.now();
  #last = "";

  constructor(fargate: Fargate, beside: Companion | undefined) {
    this.#fargate = fargate;
    this.#beside = beside;
  }

  /** What a step that was killed has left: its tasks, and its secrets. Of the server, which is RDS', there is the log. */
  async list(labels: Readonly<Record<string, string>>): Promise<readonly Observed[]> {
    const server = serverLogGroup(this.#fargate.at.database);
    if (labels[label.part] === "postgres")
      return [{ id: server, name: "postgres", labels, state: "running", image: "" }];
    if (labels[label.role] !== "session") return [];
    const [tasks, secrets] = await Promise.all([this.#tasks(), this.#secrets(labels[label.stack] ?? "")]);
    return [...tasks, ...secrets];
  }

  /** Nothing runs yet: a task begins with its command. */
  async create(spec: ContainerSpec): Promise<string> {
    this.#open.set(spec.name, { spec });
    return spec.name;
  }

  async start(): Promise<void> {
    // Its first command starts it.
  }

  async remove(id: string): Promise<void> {
    const { secrets, ecs, at } = this.#fargate;
    const own = this.#open.get(id);
    this.#open.delete(id);
    if (own !== undefined && own.secret === undefined) return;
    const secret = own?.secret ?? id;
    if (secret.includes(":task/")) {
      await ecs.stopTask({ cluster: at.cluster, task: secret, reason: "the step that ran it has ended" });
      return;
    }
    // Its values are elsewhere too; nobody is to find them here for another month.
    await secrets.deleteSecret({ SecretId: secret, ForceDeleteWithoutRecovery: true });
  }

  async exec(id: string, { argv, env = {}, workingDir, input }: Command): Promise<Finished> {
    const open = this.#open.get(id);
    if (open === undefined) throw new Error(`the session ${id} is not open`);
    if (input !== undefined) throw new StepFailure("a task of Fargate has no standard input");
    const { ecs } = this.#fargate;
    const values = { ...open.spec.env, ...env };
    const from = await this.#kept(open, { ...values, ...this.#beside?.values });
    const definition = await this.#register(open.spec, taskCommand(argv), Object.keys(values), from, workingDir);
    try {
      const finished = await this.#ran(open.spec, definition);
      this.#last = finished.output;
      return finished;
    } finally {
      await ecs.deregisterTaskDefinition({ taskDefinition: definition });
    }
  }

  async logs(id: string, lines: number): Promise<string> {
    if (id === serverLogGroup(this.#fargate.at.database))
      return asOwnLog((await eventsOf(this.#fargate, id, this.#began)).slice(-lines));
    return this.#last.split("\n").slice(-lines).join("\n");
  }

  /** The variables in Secrets Manager. Answers where one of them is found: by the very version, so that no task reads the next one's. */
  async #kept(open: Open, values: Readonly<Record<string, string>>): Promise<(name: string) => string> {
    if (Object.keys(values).length === 0) return () => "";
    const { secrets } = this.#fargate;
    const { name, labels } = open.spec;
    const SecretString = JSON.stringify(values);
    const stack = labels[label.stack] ?? "";
    const written =
      open.secret === undefined
        ? await secrets.createSecret({
            Name: `${secretPrefix(stack)}step/${name}`,
            Description: "Variables of a step that runs now; deleted at its end",
            SecretString,
            Tags: Object.entries(labels).map(([Key, Value]) => ({ Key, Value })),
          })
        : await secrets.putSecretValue({ SecretId: open.secret, SecretString });
    const { ARN: arn = "", VersionId: version = "" } = written;
    open.secret = arn;
    return (variable) => `${arn}:${variable}::${version}`;
  }

  async #register(
    spec: ContainerSpec,
    entrypoint: readonly string[],
    variables: readonly string[],
    from: (name: string) => string,
    workingDir: string | undefined,
  ): Promise<string> {
    const { ecs, at } = this.#fargate;
    const own = taskOf({
      spec: { ...spec, entrypoint, command: [], env: {} },
      secrets: Object.fromEntries(variables.map((name) => [name, from(name)])),
      region: at.region,
      logs: at.logs,
      helper: at.helper,
      everyLine: true,
      ...(workingDir !== undefined && { workingDir }),
    });
    const task = this.#beside === undefined ? own : withCompanion(own, partOf(spec), this.#beside, from);
    const { taskDefinition } = await ecs.registerTaskDefinition({
      family: `${at.cluster}-step-${partOf(spec)}`,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      cpu: String(task.size.cpu),
      memory: String(task.size.memoryMb),
      executionRoleArn: at.role,
      containerDefinitions: [...task.containers],
      volumes: [...task.volumes],
      ephemeralStorage: { sizeInGiB: stepGb },
    });
    return taskDefinition?.taskDefinitionArn ?? "";
  }

  async #ran(spec: ContainerSpec, taskDefinition: string): Promise<Finished> {
    const { ecs, at } = this.#fargate;
    const { tasks = [], failures = [] } = await ecs.runTask({
      cluster: at.cluster,
      taskDefinition,
      launchType: "FARGATE",
      startedBy,
      tags: Object.entries(spec.labels).map(([key, value]) => ({ key, value })),
      networkConfiguration: {
        awsvpcConfiguration: { subnets: [...at.subnets], securityGroups: [at.group], assignPublicIp: "DISABLED" },
      },
    });
    const [{ taskArn } = {}] = tasks;
    if (taskArn === undefined)
      throw new StepFailure(`ECS runs no task of ${partOf(spec)}: ${failures.map(({ reason }) => reason).join(", ")}`);
    const ended = await this.#ended(taskArn);
    return this.#told(spec, ended);
  }

  #ended(task: string): Promise<Task> {
    const { ecs, at, pauseMs } = this.#fargate;
    const look = async () => {
      const { tasks = [] } = await ecs.describeTasks({ cluster: at.cluster, tasks: [task] });
      const [seen] = tasks;
      return seen?.lastStatus === "STOPPED" ? seen : new NotYet(seen?.lastStatus);
    };
    const late = async () => {
      await ecs.stopTask({ cluster: at.cluster, task, reason: "it took too long" });
      throw new StepFailure(`the task ${idOf(task)} did not end within ${commandSeconds} s`);
    };
    return until(look, { seconds: commandSeconds, everyMs: pauseMs, late });
  }

  /** @throws StepFailure for a task whose command never began, or was ended from outside */
  #told(spec: ContainerSpec, task: Task): Promise<Finished> {
    const { pauseMs } = this.#fargate;
    const part = partOf(spec);
    const stream = `${part}/${part}/${idOf(task.taskArn ?? "")}`;
    const own = task.containers?.find(({ name }) => name === part);
    const look = async () => {
      const lines = await linesOf(this.#fargate, stream);
      return finishedOf(lines) ?? new NotYet(lines);
    };
    const late = async (lines: readonly string[]) => {
      throw new StepFailure(
        `the task of ${part} ended before its command did: ${wordsOf(task)}\n${indent([...lines, ...(await this.#productSaid(task))].join("\n"))}`,
      );
    };
    return until(look, { seconds: own?.exitCode === undefined ? 0 : logSeconds, everyMs: pauseMs, late });
  }

  /** Its last lines: why it was never healthy is nowhere else. */
  async #productSaid({ taskArn = "" }: Task): Promise<readonly string[]> {
    if (this.#beside === undefined) return [];
    const { workload } = this.#beside.product;
    return (await linesOf(this.#fargate, `${workload}/${companionName(workload)}/${idOf(taskArn)}`)).slice(-20);
  }

  async #tasks(): Promise<readonly Observed[]> {
    const { ecs, at } = this.#fargate;
    const { taskArns = [] } = await ecs.listTasks({ cluster: at.cluster, startedBy });
    if (taskArns.length === 0) return [];
    const { tasks = [] } = await ecs.describeTasks({ cluster: at.cluster, tasks: taskArns, include: ["TAGS"] });
    return tasks.map(({ taskArn = "", tags = [], containers = [] }) => {
      const labels = Object.fromEntries(tags.map(({ key = "", value = "" }) => [key, value]));
      return { id: taskArn, name: idOf(taskArn), labels, state: "running", image: containers[0]?.image ?? "" };
    });
  }

  async #secrets(stack: string): Promise<readonly Observed[]> {
    const { secrets } = this.#fargate;
    const { SecretList = [] } = await secrets.listSecrets({
      Filters: [{ Key: "name", Values: [`${secretPrefix(stack)}step/`] }],
    });
    return SecretList.map(({ ARN: id = "", Name: name = "", Tags = [] }) => {
      const labels = Object.fromEntries(Tags.map(({ Key = "", Value = "" }) => [Key, Value]));
      return { id, name, labels, state: "created", image: "" };
    });
  }
}

/** What ECS says of a task that did not come to its end. */
export function wordsOf({ stoppedReason, containers = [] }: Task): string {
  const told = containers.flatMap(({ name, reason, exitCode }) => {
    if (reason !== undefined) return [`${name}: ${reason}`];
    return exitCode === undefined || exitCode === 0 ? [] : [`${name} exited with ${exitCode}`];
  });
  return [stoppedReason ?? "no reason was given", ...told].join("; ");
}
