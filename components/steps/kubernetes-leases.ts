import { CoordinationV1Api, type KubeConfig, type V1Lease, V1MicroTime } from "@kubernetes/client-node";
import { clusterOf, refusal, statusOf } from "./kubernetes-runner.ts";
import type { Held, Holding, Leases } from "./leases.ts";
import { leaseTimes } from "./namespace-lease.ts";

/** What Kubernetes' own fields have no room for. */
const note = { purpose: "slipway/purpose", pid: "slipway/pid", started: "slipway/started", host: "slipway/host" };

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
    const lease = await this.#unless(404, () =>
      this.#coordination.readNamespacedLease({ namespace: this.#namespace, name }),
    );
    return lease && heldIn(lease);
  }

  async write(name: string, holding: Holding, over: Held | undefined): Promise<boolean> {
    const namespace = this.#namespace;
    const body = leaseOf(name, holding, over?.version);
    // 409: there is one by now, or another than was read.
    const written = await this.#unless(409, () =>
      over === undefined
        ? this.#coordination.createNamespacedLease({ namespace, body })
        : this.#coordination.replaceNamespacedLease({ namespace, name, body }),
    );
    return written !== undefined;
  }

  async remove(name: string, { version }: Held): Promise<boolean> {
    const namespace = this.#namespace;
    const body = { preconditions: { resourceVersion: version } };
    const gone = { status: "gone" };
    const removed = await this.#unless(409, async () => {
      const done = await this.#unless(404, () => this.#coordination.deleteNamespacedLease({ namespace, name, body }));
      return done ?? gone;
    });
    return removed !== undefined;
  }

  /** Undefined for the answer that is expected. @throws StepFailure with the cluster's words for any other */
  async #unless<T>(code: number, ask: () => Promise<T>): Promise<T | undefined> {
    try {
      return await ask();
    } catch (error) {
      if (statusOf(error) === code) return undefined;
      throw refusal(`the Lease by which one at a time changes the stack in ${this.#namespace} was refused`, error);
    }
  }
}

/** Pure. */
export function leaseOf(name: string, holding: Holding, version: string | undefined): V1Lease {
  const { purpose, pid, started, host, since, renewed } = holding;
  return {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name,
      ...(version !== undefined && { resourceVersion: version }),
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
  const { annotations = {}, resourceVersion: version = "" } = metadata ?? {};
  const { holderIdentity = "", acquireTime, renewTime } = spec ?? {};
  return {
    purpose: annotations[note.purpose] ?? holderIdentity,
    pid: annotations[note.pid] ?? "unknown",
    started: annotations[note.started] ?? "",
    host: annotations[note.host] ?? "another machine",
    since: timeOf(acquireTime),
    renewed: timeOf(renewTime),
    version,
  };
}

function timeOf(time: Date | undefined): string {
  return time === undefined ? "an unknown time" : new Date(time).toISOString();
}
