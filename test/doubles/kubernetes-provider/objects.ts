import { setTimeout as pause } from "node:timers/promises";
import {
  ApiException,
  AppsV1Api,
  CoreV1Api,
  KubeConfig,
  type KubernetesObject,
  KubernetesObjectApi,
  PatchStrategy,
  type V1Deployment,
  type V1StatefulSet,
  type V1Status,
} from "@kubernetes/client-node";
import type { Properties } from "./properties.ts";

const patienceSeconds = 300;

/** The cluster's objects: applied, awaited, removed. */
export class Objects {
  readonly #config = new KubeConfig();
  readonly #objects: KubernetesObjectApi;
  readonly #apps: AppsV1Api;
  readonly #core: CoreV1Api;

  constructor() {
    this.#config.loadFromDefault();
    this.#objects = KubernetesObjectApi.makeApiClient(this.#config);
    this.#apps = this.#config.makeApiClient(AppsV1Api);
    this.#core = this.#config.makeApiClient(CoreV1Api);
  }

  async apply(document: Properties): Promise<Properties> {
    const object = document as unknown as KubernetesObject;
    const strategy = PatchStrategy.ServerSideApply;
    return inWords(`${document.kind} ${document.metadata?.name}`, () =>
      this.#objects.patch(object, undefined, undefined, "slipway-test-double", true, strategy),
    ) as unknown as Promise<Properties>;
  }

  /** Undefined when it is gone. */
  async find(document: Properties): Promise<Properties | undefined> {
    const object = document as unknown as KubernetesObject & { metadata: { name: string; namespace: string } };
    try {
      return (await this.#objects.read(object)) as unknown as Properties;
    } catch (error) {
      if (error instanceof ApiException && error.code === 404) return undefined;
      throw error;
    }
  }

  async remove(document: Properties): Promise<void> {
    const object = document as unknown as KubernetesObject & { metadata: { name: string; namespace: string } };
    const gone = (error: unknown) => {
      if (!(error instanceof ApiException && error.code === 404)) throw error;
    };
    await this.#objects.delete(object, undefined, undefined, undefined, undefined, "Foreground").catch(gone);
    await until(
      `${document.kind} ${object.metadata.name} is gone`,
      async () => (await this.find(document)) === undefined,
    );
  }

  /** @throws Error with the pods' events and last words when it does not come up */
  async ready({ kind, metadata }: Properties): Promise<void> {
    const { name = "", namespace = "", annotations } = metadata ?? {};
    if (skipsAwait(annotations)) return;
    const since = new Date(Date.now() - 1000);
    if (kind === "Deployment")
      await this.#rolledOut(name, namespace, async () =>
        deploymentState(await this.#apps.readNamespacedDeployment({ name, namespace }), since),
      );
    if (kind === "StatefulSet")
      await this.#rolledOut(name, namespace, async () =>
        statefulState(await this.#apps.readNamespacedStatefulSet({ name, namespace })),
      );
  }

  async #rolledOut(
    name: string,
    namespace: string,
    state: () => Promise<"ready" | "coming" | "failed">,
  ): Promise<void> {
    try {
      await until(`${name} is ready`, async () => {
        const now = await state();
        if (now === "failed") throw new Error(`${name} did not come up in time`);
        return now === "ready";
      });
    } catch (error) {
      throw new Error(`${String(error)}\n${await this.#why(name, namespace)}`, { cause: error });
    }
  }

  async #why(name: string, namespace: string): Promise<string> {
    const labelSelector = `slipway.part=${name}`;
    const { items } = await this.#core.listNamespacedPod({ namespace, labelSelector });
    const told = items.map(async ({ metadata, status, spec }) => {
      const pod = metadata?.name ?? "";
      const fieldSelector = `involvedObject.name=${pod}`;
      const events = await this.#core.listNamespacedEvent({ namespace, fieldSelector });
      const logs = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name: container }) =>
        this.#core
          .readNamespacedPodLog({ name: pod, namespace, container, tailLines: 20 })
          .then((text) => `${container}: ${text}`)
          .catch((error: unknown) => `${container}: no log (${String(error).slice(0, 80)})`),
      );
      const lines = events.items.map(({ reason, message }) => `${reason}: ${message}`);
      return [`pod ${pod}, ${status?.phase}`, ...lines, ...(await Promise.all(logs))].join("\n");
    });
    return (await Promise.all(told)).join("\n");
  }
}

/** Whoever made the object waits for it himself. */
function skipsAwait(annotations: unknown): boolean {
  return new Map(Object.entries(annotations ?? {})).get("pulumi.com/skipAwait") === "true";
}

/** @param since the rollout began: what is said of the one before stays for a while */
export function deploymentState({ metadata, spec, status }: V1Deployment, since: Date): "ready" | "coming" | "failed" {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return "coming";
  const progress = status?.conditions?.find(({ type }) => type === "Progressing");
  if (progress?.reason === "ProgressDeadlineExceeded" && Number(progress.lastUpdateTime) >= since.getTime())
    return "failed";
  const { replicas = 0, updatedReplicas = 0, availableReplicas = 0 } = status ?? {};
  const wanted = spec?.replicas ?? 1;
  return updatedReplicas === wanted && replicas === wanted && availableReplicas === wanted ? "ready" : "coming";
}

export function statefulState({ metadata, spec, status }: V1StatefulSet): "ready" | "coming" | "failed" {
  if ((status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)) return "coming";
  const wanted = spec?.replicas ?? 1;
  const { readyReplicas = 0, updatedReplicas = 0, currentRevision, updateRevision } = status ?? {};
  const isNew = currentRevision === updateRevision || updatedReplicas === wanted;
  return isNew && readyReplicas === wanted ? "ready" : "coming";
}

async function until(what: string, is: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + patienceSeconds * 1000;
  while (!(await is())) {
    if (Date.now() > deadline) throw new Error(`not within ${patienceSeconds} s: ${what}`);
    await pause(250);
  }
}

async function inWords<T>(what: string, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!(error instanceof ApiException)) throw error;
    throw new Error(`${what}: ${(JSON.parse(String(error.body)) as V1Status).message}`, { cause: error });
  }
}
