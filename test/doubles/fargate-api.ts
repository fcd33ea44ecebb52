import { spawn } from "node:child_process";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

type Values = Record<string, unknown>;

/** A request as it came over the wire. */
export interface Asked {
  /** `AmazonEC2ContainerServiceV20141113.RunTask` */
  readonly target: string;
  readonly body: Values;
}

export interface Container {
  readonly name: string;
  readonly image?: string;
  readonly essential?: boolean;
  readonly user?: string;
  readonly dependsOn?: readonly { readonly containerName: string; readonly condition: string }[];
  readonly mountPoints?: readonly { readonly sourceVolume: string; readonly containerPath: string }[];
  readonly healthCheck?: { readonly command: readonly string[] };
  readonly logConfiguration?: { readonly options: Readonly<Record<string, string>> };
  readonly entryPoint?: readonly string[];
  readonly command?: readonly string[];
  readonly environment?: readonly { readonly name: string; readonly value: string }[];
  readonly secrets?: readonly { readonly name: string; readonly valueFrom: string }[];
}

/** A container as its task has it, variables of both kinds resolved. */
export interface Resolved extends Container {
  readonly env: Readonly<Record<string, string>>;
}

/** What came of a task. */
export interface Ended {
  readonly containers: readonly {
    readonly name: string;
    readonly exitCode?: number;
    readonly lines: readonly string[];
  }[];
  readonly why?: string;
}

/** Runs a task to its end; the first container is its own. */
export type Machines = (containers: readonly Resolved[]) => Promise<Ended>;

/**
 * Stands for three APIs of AWS that are not to be had here: ECS' tasks, Secrets Manager, CloudWatch Logs. It speaks their wire (JSON 1.1), and a task's own
 * container really runs, as a process here with the variables that its definition names: what comes of it is a log as CloudWatch keeps it, without
 * empty lines. No container, no network, no rights: that AWS takes these requests is not shown by it. What it does not know of ECS it hands to whom
 * stands for the rest; other machines run the whole task.
 */
export class FargateApi {
  readonly asked: Asked[] = [];
  /** Answers `RunTask` with this reason in place of a task. */
  refuses: string | undefined;
  /** Whoever asks for services may not. */
  denies = false;
  /** Messages of RDS' own logs, by group. */
  readonly serverLogs = new Map<string, readonly string[]>();
  /** Tasks end before their container begins, with these words. */
  breaks: string | undefined;
  readonly #server: Server;
  readonly #definitions = new Map<string, readonly Container[]>();
  readonly #secrets = new Map<string, Map<string, string>>();
  readonly #tasks = new Map<string, Values>();
  readonly #logs = new Map<string, readonly string[]>();
  readonly #behind: string | undefined;
  readonly #machines: Machines;
  #count = 0;

  private constructor(behind: string | undefined, machines: Machines) {
    this.#behind = behind;
    this.#machines = machines;
    this.#server = createServer((request, response) => {
      void this.#answer(request).then(({ status, body }) => {
        response.writeHead(status, { "content-type": "application/x-amz-json-1.1" });
        response.end(JSON.stringify(body));
      });
    });
  }

  /** @param behind url of who stands for services and their definitions @param machines default: a task's own container alone, as a process here */
  static async start(behind?: string, machines: Machines = asProcess): Promise<FargateApi> {
    const api = new FargateApi(behind, machines);
    await new Promise<void>((resolve) => api.#server.listen(0, "127.0.0.1", resolve));
    return api;
  }

  get #url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  /** Where the clients of what it stands for are led to, and no others. */
  get own(): Readonly<Record<string, string>> {
    const names = ["ECS", "SECRETS_MANAGER", "CLOUDWATCH_LOGS"];
    return Object.fromEntries(names.map((name) => [`AWS_ENDPOINT_URL_${name}`, this.#url]));
  }

  /** Where every client of AWS is led to. */
  get variables(): Readonly<Record<string, string>> {
    return {
      AWS_ENDPOINT_URL: this.#url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
    };
  }

  /** Secrets that there are. */
  get secrets(): readonly string[] {
    return [...this.#secrets.keys()];
  }

  of(operation: string): readonly Values[] {
    return this.asked.filter(({ target }) => target.endsWith(`.${operation}`)).map(({ body }) => body);
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<{ readonly status: number; readonly body: unknown }> {
    const target = String(request.headers["x-amz-target"]);
    const body: Values = JSON.parse(await text(request));
    this.asked.push({ target, body });
    const operation = target.split(".").at(-1) ?? "";
    const known = this.#operations[operation];
    if (this.#behind !== undefined && (known === undefined || this.#isOfServices(operation, body)))
      return forwarded(this.#behind, request, body);
    if (known === undefined) return { status: 400, body: { __type: "UnknownOperationException", message: target } };
    const answer = await known(body);
    const failed = "__type" in answer;
    return { status: failed ? 400 : 200, body: answer };
  }

  #isOfServices(operation: string, { serviceName, tasks }: Values): boolean {
    if (operation === "ListTasks") return serviceName !== undefined;
    if (operation === "DescribeTasks") return Array.isArray(tasks) && tasks.every((arn) => !this.#tasks.has(arn));
    return operation === "ListServices";
  }

  readonly #operations: Readonly<Record<string, (body: Values) => Promise<Values> | Values>> = {
    CreateSecret: ({ Name, SecretString }) => this.#keep(`arn:aws:secretsmanager:x:1:secret:${Name}`, SecretString),
    PutSecretValue: ({ SecretId, SecretString }) => this.#keep(String(SecretId), SecretString),
    DeleteSecret: ({ SecretId }) => {
      this.#secrets.delete(String(SecretId));
      return {};
    },
    ListSecrets: () => ({ SecretList: this.secrets.map((ARN) => ({ ARN, Name: ARN, Tags: [] })) }),
    RegisterTaskDefinition: ({ family, containerDefinitions }) => {
      this.#count += 1;
      const taskDefinitionArn = `arn:aws:ecs:x:1:task-definition/${family}:${this.#count}`;
      this.#definitions.set(taskDefinitionArn, containerDefinitions as readonly Container[]);
      return { taskDefinition: { taskDefinitionArn } };
    },
    DeregisterTaskDefinition: ({ taskDefinition }) => {
      this.#definitions.delete(String(taskDefinition));
      return {};
    },
    // It keeps none.
    ListServices: () =>
      this.denies
        ? { __type: "AccessDeniedException", message: "not authorized" }
        : { __type: "ClusterNotFoundException", message: "Cluster not found." },
    RunTask: (body) => this.#run(body),
    DescribeTasks: ({ tasks }) => ({
      tasks: (tasks as readonly string[]).map((arn) => this.#tasks.get(arn)).filter(Boolean),
    }),
    ListTasks: () => ({
      taskArns: [...this.#tasks].filter(([, task]) => task["lastStatus"] !== "STOPPED").map(([arn]) => arn),
    }),
    StopTask: ({ task }) => {
      this.#tasks.delete(String(task));
      return {};
    },
    FilterLogEvents: ({ logGroupName }) => {
      const messages = this.serverLogs.get(String(logGroupName));
      if (messages === undefined) return { __type: "ResourceNotFoundException", message: "no such group" };
      return { events: messages.map((message) => ({ message })) };
    },
    GetLogEvents: ({ logStreamName, nextToken }) => {
      const lines = this.#logs.get(String(logStreamName));
      if (lines === undefined) return { __type: "ResourceNotFoundException", message: "no such stream" };
      const events = nextToken === undefined ? lines.map((message) => ({ message, timestamp: 1 })) : [];
      return { events, nextForwardToken: "f/1" };
    },
  };

  #keep(arn: string, value: unknown): Values {
    const versions = this.#secrets.get(arn) ?? new Map<string, string>();
    const version = `v${versions.size + 1}`;
    versions.set(version, String(value));
    this.#secrets.set(arn, versions);
    return { ARN: arn, VersionId: version };
  }

  #run({ taskDefinition }: Values): Values {
    if (this.refuses !== undefined) return { tasks: [], failures: [{ reason: this.refuses }] };
    const definition = this.#definitions.get(String(taskDefinition));
    if (definition === undefined) throw new Error("no such task definition");
    this.#count += 1;
    const taskArn = `arn:aws:ecs:x:1:task/slipway-blue/${this.#count}`;
    const containers = definition.map(({ name }) => ({ name }));
    this.#tasks.set(taskArn, { taskArn, lastStatus: "RUNNING", containers });
    if (this.breaks !== undefined)
      this.#tasks.set(taskArn, { taskArn, lastStatus: "STOPPED", stoppedReason: this.breaks, containers });
    else void this.#ran(taskArn, definition);
    return { tasks: [{ taskArn }], failures: [] };
  }

  async #ran(taskArn: string, definition: readonly Container[]) {
    const resolved = definition.map((each): Resolved => {
      const { environment = [], secrets = [] } = each;
      const plain = environment.map(({ name, value }) => [name, value]);
      return {
        ...each,
        env: Object.fromEntries([...plain, ...secrets.map(({ name, valueFrom }) => [name, this.#secretOf(valueFrom)])]),
      };
    });
    const { containers, why: stoppedReason } = await this.#machines(resolved);
    for (const { name, lines } of containers) {
      const prefix = definition.find((each) => each.name === name)?.logConfiguration?.options["awslogs-stream-prefix"];
      // The driver keeps no empty line.
      const kept = lines.filter((line) => line !== "");
      this.#logs.set(`${prefix ?? name}/${name}/${taskArn.split("/").at(-1)}`, kept);
    }
    const ended = containers.map(({ name, exitCode }) => ({ name, exitCode }));
    this.#tasks.set(taskArn, { taskArn, lastStatus: "STOPPED", stoppedReason, containers: ended });
  }

  /** `<arn>:<key>::<version>`, as ECS reads it. */
  #secretOf(from: string): string {
    const [, arn = "", key = "", version = ""] = /^(.+):(\w+)::(\w+)$/.exec(from) ?? [];
    const values: Record<string, string> = JSON.parse(this.#secrets.get(arn)?.get(version) ?? "{}");
    return values[key] ?? "";
  }
}

const asProcess: Machines = async ([main]) => {
  if (main === undefined) throw new Error("a task has a container");
  const { name, entryPoint = [], command = [], env } = main;
  const [program = "", ...argv] = [...entryPoint, ...command];
  const child = spawn(program, argv, {
    env: { PATH: process.env["PATH"], ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, err, exitCode] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise<number>((resolve) => child.on("close", (status) => resolve(status ?? 137))),
  ]);
  return { containers: [{ name, exitCode, lines: `${err}${out}`.split("\n") }] };
};

async function forwarded(behind: string, { headers }: IncomingMessage, body: Values) {
  const { "x-amz-target": target = "", authorization = "" } = headers;
  const reply = await fetch(behind, {
    method: "POST",
    headers: { "content-type": "application/x-amz-json-1.1", "x-amz-target": String(target), authorization },
    body: JSON.stringify(body),
  });
  const answer = (await reply.json()) as { readonly services?: readonly Service[] };
  return {
    status: reply.status,
    body: { ...answer, ...(answer.services && { services: answer.services.map(deployed) }) },
  };
}

interface Service {
  readonly taskDefinition: string;
  readonly deployments: readonly Values[];
}

/** moto leaves the deployment of a service that gets another definition with the one before, which ECS does not. */
function deployed(service: Service) {
  const { taskDefinition, deployments } = service;
  return { ...service, deployments: deployments.map((each) => ({ ...each, taskDefinition })) };
}
