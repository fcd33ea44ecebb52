import { CoordinationV1Api, type KubeConfig, type V1Lease, V1MicroTime } from "@kubernetes/client-node";
import { clusterOf, refusal, statusOf } from "./kubernetes-runner.ts";
import { type Held, type Holding, type Leases, leaseTimes } from "./leases.ts";

/** What Kubernetes' own fields have no room for. */
const note = { purpose: "slipway/purpose", pid: "slipway/pid", started: "slipway/started", host: "slipway/host" };

/** Those of the namespace that a host's text names, by `coordination.k8s.io`; the resource version of each makes sure that nobody writes over another. */
export function kubernetesLeases(host: string): Leases {
  const { config, namespace } = clusterOf(host);
  return new KubernetesLeases(config, namespace);
}

class KubernetesLeases implements Leases {
  readonly #coordination: CoordinationV1Api;
  readonly #namespace: string;

  constructor(config: KubeConfig, namespace: string) {
    this.#coordination = config.makeApiClient(CoordinationV1Api);
    this.#namespace = namespace;
  }

  async read(name: string): Promise<Held | undefined> {
    const namespace = this.#namespace;
    const lease = await this.#unless([404], () => this.#coordination.readNamespacedLease({ namespace, name }));
    return typeof lease === "number" ? undefined : heldIn(lease);
  }

  async write(name: string, holding: Holding, over: Held | undefined): Promise<boolean> {
    const namespace = this.#namespace;
    const body = leaseOf(name, holding, over?.version);
    const ask = () =>
      over === undefined
        ? this.#coordination.createNamespacedLease({ namespace, body })
        : this.#coordination.replaceNamespacedLease({ namespace, name, body });
    // There is one by now, or another than was read.
    return (await this.#unless([409], ask)) !== 409;
  }

  async remove(name: string, { version }: Held): Promise<boolean> {
    const body = { preconditions: preconditionsOf(version) };
    const ask = () => this.#coordination.deleteNamespacedLease({ namespace: this.#namespace, name, body });
    return (await this.#unless([404, 409], ask)) !== 409;
  }

  /** Or the code of an answer that is expected. @throws StepFailure with the cluster's words for any other */
  async #unless<T extends object, C extends number>(codes: readonly C[], ask: () => Promise<T>): Promise<T | C> {
    try {
      return await ask();
    } catch (error) {
      const code = codes.find((each) => each === statusOf(error));
      if (code !== undefined) return code;
      throw refusal(`the Lease by which one at a time changes the stack in ${this.#namespace} was refused`, error);
    }
  }
}

/** Pure. */
export function leaseOf(name: string, holding: Holding, version: string | undefined): V1Lease {
  const { purpose, pid, started, host, since, renewed } = holding;
  // (m) Kubernetes makes a Lease that is replaced and not there, by its version alone: one that somebody removed would be back.
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      ...(version !== undefined && preconditionsOf(version)),
      annotations: { [note.purpose]: purpose, [note.pid]: pid, [note.started]: started, [note.host]: host },
    },
    spec: {
      holderIdentity: `${purpose}, process ${pid} on ${host}`,
      leaseDurationSeconds: leaseTimes.silenceMs / 1000,
      acquireTime: new V1MicroTime(since),
      renewTime: new V1MicroTime(renewed),
    },
  };
}

/** Pure. Whoever made it by other means holds it as well, by what Kubernetes' own fields say. */
export function heldIn({ metadata, spec }: V1Lease): Held {
  const { annotations = {}, uid = "", resourceVersion = "" } = metadata ?? {};
  const { holderIdentity = "", acquireTime, renewTime } = spec ?? {};
  return {
    purpose: annotations[note.purpose] ?? holderIdentity,
    pid: annotations[note.pid] ?? "unknown",
    started: annotations[note.started] ?? "",
    host: annotations[note.host] ?? "another machine",
    since: timeOf(acquireTime),
    renewed: timeOf(renewTime),
    version: `${uid} ${resourceVersion}`,
  };
}

function preconditionsOf(version: string): { readonly uid: string; readonly resourceVersion: string } {
  const [uid = "", resourceVersion = ""] = version.split(" ");
  return { uid, resourceVersion };
}

function timeOf(time: Date | undefined): string {
  return time === undefined ? "an unknown time" : new Date(time).toISOString();
}
