import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { ApiException, CoreV1Api, Exec, KubeConfig, type V1Pod, type V1Status } from "@kubernetes/client-node";
import { NotYet, until } from "../../toolchain/poll.ts";
import { parseClusterAddress } from "../cluster/address.ts";
import { objectName, podLabels, podOf, sharesLabel } from "../container/kubernetes.ts";
import { type ContainerSpec, label } from "../container/spec.ts";
import { StepFailure } from "./failure.ts";
import { type Command, type Finished, NameTaken, type Observed, type SessionRunner } from "./runner.ts";
import { quote } from "./shell.ts";

/** Longest wait for a pod of a step: its image may have to be pulled. */
const startSeconds = 180;

/** Runs a step's own containers as pods of one namespace. */
export function kubernetesRunner(host: string): SessionRunner {
  const { config, namespace } = clusterOf(host);
  return new KubernetesRunner(config, namespace);
}

/** By the kubeconfig of whoever runs the step. */
export function clusterOf(host: string): { readonly config: KubeConfig; readonly namespace: string } {
  const { context, namespace } = parseClusterAddress(host);
  const config = new KubeConfig();
  config.loadFromDefault();
  if (context !== undefined) config.setCurrentContext(context);
  return { config, namespace };
}

class KubernetesRunner implements SessionRunner {
  readonly #core: CoreV1Api;
  readonly #exec: Exec;
  readonly #namespace: string;

  constructor(config: KubeConfig, namespace: string) {
    this.#core = config.makeApiClient(CoreV1Api);
    this.#exec = new Exec(config);
    this.#namespace = namespace;
  }

  async list(labels: Readonly<Record<string, string>>): Promise<readonly Observed[]> {
    const labelSelector = Object.entries(labels)
      .map(([name, value]) => `${name}=${value}`)
      .join(",");
    const { items } = await this.#core.listNamespacedPod({ namespace: this.#namespace, labelSelector });
    return items.map(observed);
  }

  /** The pod begins at once: a cluster knows no created pod that does not run. */
  async create(spec: ContainerSpec): Promise<string> {
    const name = objectName(spec.name);
    const body = {
      metadata: { name, labels: podLabels(spec) },
      spec: { ...podOf({ spec, restart: "Never", brief: true }), affinity: besideTheData(spec) },
    };
    try {
      await this.#core.createNamespacedPod({ namespace: this.#namespace, body });
      return name;
    } catch (error) {
      if (statusOf(error) === 409) throw new NameTaken(`the pod name ${name} is in use`, { cause: error });
      throw refusal(`the pod ${name} was refused`, error);
    }
  }

  /** Until its process runs. @throws StepFailure with what the cluster says of a pod that does not come */
  async start(id: string): Promise<void> {
    const look = async () => {
      const { status } = await this.#core.readNamespacedPod({ namespace: this.#namespace, name: id });
      const state = status?.containerStatuses?.[0]?.state;
      if (state?.running !== undefined) return state;
      if (state?.terminated !== undefined)
        throw new StepFailure(`the pod ${id} ended with ${state.terminated.exitCode}:\n${await this.logs(id, 30)}`);
      return new NotYet(state);
    };
    const late = async () => {
      throw new StepFailure(`the pod ${id} did not run within ${startSeconds} s: ${await this.#events(id)}`);
    };
    await until(look, { seconds: startSeconds, everyMs: 200, late });
  }

  async remove(id: string): Promise<void> {
    try {
      await this.#core.deleteNamespacedPod({ namespace: this.#namespace, name: id, gracePeriodSeconds: 0 });
    } catch (error) {
      if (statusOf(error) !== 404) throw error;
    }
  }

  async exec(id: string, command: Command): Promise<Finished> {
    const { argv, stdin } = asShell(command);
    const output = new PassThrough();
    if (command.heard) output.on("data", (chunk: Buffer) => command.heard?.(chunk.toString()));
    const printed = text(output);
    const status = await new Promise<V1Status>((resolve, reject) => {
      this.#exec
        // No name: a pod of a step has one container.
        .exec(this.#namespace, id, "", [...argv], output, output, stdin, false, resolve)
        .then((socket) => {
          socket.on("error", reject);
          socket.on("close", () => reject(new Error(`the connection to the pod ${id} ended before its command did`)));
        }, reject);
    });
    output.end();
    return { exitCode: exitCodeOf(status), output: await printed };
  }

  async logs(id: string, lines: number): Promise<string> {
    return this.#core.readNamespacedPodLog({ namespace: this.#namespace, name: id, tailLines: lines });
  }

  async #events(id: string): Promise<string> {
    const fieldSelector = `involvedObject.name=${id}`;
    const { items } = await this.#core.listNamespacedEvent({ namespace: this.#namespace, fieldSelector });
    return items.map(({ reason, message }) => `${reason}: ${message}`).join("; ") || "no event tells why";
  }
}

/**
 * A volume that one node alone may mount is where the pods are that have it: the node of those that share one and of the step's other pods, then of
 * any workload. Pure.
 */
export function besideTheData({ labels, mounts }: ContainerSpec) {
  if (mounts.length === 0) return {};
  const beside = (chosen: Readonly<Record<string, string>>, weight: number) => {
    const labelSelector = { matchLabels: { [label.stack]: labels[label.stack] ?? "", ...chosen } };
    return { weight, podAffinityTerm: { labelSelector, topologyKey: "kubernetes.io/hostname" } };
  };
  const terms = [
    beside({ [sharesLabel]: "volumes" }, 100),
    beside({ [label.role]: "session" }, 100),
    // Each pod of a node counts: many that have no volume must not outweigh one that has.
    beside({ [label.role]: "workload" }, 10),
  ];
  return { podAffinity: { preferredDuringSchedulingIgnoredDuringExecution: terms } };
}

/**
 * The API takes no variables and no folder for a command. Variables come by standard input, ahead of the command's own: they may be secrets,
 * and arguments are seen in process lists and in the API server's log.
 */
export function asShell({ argv, env = {}, workingDir, input }: Command): {
  readonly argv: readonly string[];
  readonly stdin: Readable | null;
} {
  const variables = Object.entries(env)
    .map(([name, value]) => `export ${name}=${quote(value)}\n`)
    .join("");
  const folder = workingDir === undefined ? "" : `cd ${quote(workingDir)} && `;
  if (variables === "" && folder === "") return { argv, stdin: input?.() ?? null };
  const bytes = Buffer.byteLength(variables);
  const read = bytes === 0 ? "" : `eval "$(dd bs=1 count=${bytes} 2>/dev/null)" && `;
  return { argv: ["sh", "-c", `${read}${folder}exec "$@"`, "sh", ...argv], stdin: standardInput(variables, input) };
}

function standardInput(variables: string, input: Command["input"]): Readable | null {
  if (input === undefined) return variables === "" ? null : Readable.from([Buffer.from(variables)]);
  return Readable.from(
    (async function* () {
      if (variables !== "") yield Buffer.from(variables);
      yield* input();
    })(),
  );
}

function exitCodeOf({ status, details, message }: V1Status): number {
  if (status === "Success") return 0;
  const code = details?.causes?.find(({ reason }) => reason === "ExitCode")?.message;
  if (code === undefined) throw new StepFailure(`the command could not be run: ${message ?? "no reason was given"}`);
  return Number(code);
}

function observed({ metadata, spec, status }: V1Pod): Observed {
  const { name = "", labels = {} } = metadata ?? {};
  const state = status?.phase === "Running" ? "running" : status?.phase === "Pending" ? "created" : "stopped";
  return { id: name, name, labels, state, image: spec?.containers[0]?.image ?? "" };
}

/** The HTTP status of the API server's refusal; undefined for errors that are none. */
export function statusOf(error: unknown): number | undefined {
  return error instanceof ApiException ? error.code : undefined;
}

/** What the API server says, without the headers of its answer. */
export function refusal(what: string, error: unknown): unknown {
  if (!(error instanceof ApiException)) return error;
  const { message = String(error.body) } = JSON.parse(String(error.body)) as V1Status;
  return new StepFailure(`${what}: ${message}`);
}
