import {
  AppsV1Api,
  CoreV1Api,
  type KubeConfig,
  KubernetesObjectApi,
  PatchStrategy,
  setHeaderOptions,
  type V1Deployment,
  type V1Pod,
  type V1PodTemplateSpec,
  type V1ReplicaSet,
} from "@kubernetes/client-node";
import { label } from "../container/spec.ts";
import type { Deployed, Deployments } from "./deployments.ts";
import { indent, messageOf, StepFailure } from "./failure.ts";
import { clusterOf } from "./kubernetes-runner.ts";

/** Where `note` writes. */
const servedNote = "slipway/served";
/** What the controller adds to a set's template, and would refuse in a Deployment's. */
const setLabel = "pod-template-hash";
const keptLines = 20;

/** The Deployments of the namespace that a step's `host` names, by the kubeconfig of whoever runs the step; a set is a ReplicaSet. */
export function kubernetesDeployments(host: string): Deployments {
  const { config, namespace } = clusterOf(host);
  return new KubernetesDeployments(config, namespace);
}

class KubernetesDeployments implements Deployments {
  readonly #apps: AppsV1Api;
  readonly #core: CoreV1Api;
  readonly #objects: KubernetesObjectApi;
  readonly #namespace: string;

  constructor(config: KubeConfig, namespace: string) {
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#objects = KubernetesObjectApi.makeApiClient(config);
    this.#namespace = namespace;
  }

  async list(labels: Readonly<Record<string, string>>): Promise<readonly Deployed[]> {
    const namespace = this.#namespace;
    const labelSelector = selector(labels);
    const [{ items }, sets] = await Promise.all([
      this.#apps.listNamespacedDeployment({ namespace, labelSelector }),
      this.#apps.listNamespacedReplicaSet({ namespace, labelSelector }),
    ]);
    return items.map((item) => deployedOf(item, sets.items));
  }

  async setBack(name: string, set: string): Promise<void> {
    const namespace = this.#namespace;
    const [deployment, { spec }] = await Promise.all([
      this.#apps.readNamespacedDeployment({ namespace, name }),
      this.#apps.readNamespacedReplicaSet({ namespace, name: set }),
    ]);
    if (spec?.template === undefined) throw new StepFailure(`the set ${set} has no template`);
    const { document, manager } = withTemplate(deployment, spec.template);
    const strategy = PatchStrategy.ServerSideApply;
    await this.#objects.patch(document, undefined, undefined, manager, true, strategy);
  }

  async note(name: string, served: string): Promise<void> {
    const body = { metadata: { annotations: { [servedNote]: served } } };
    const options = setHeaderOptions("Content-Type", PatchStrategy.StrategicMergePatch);
    await this.#apps.patchNamespacedDeployment({ namespace: this.#namespace, name, body }, options);
  }

  async words(set: string): Promise<string> {
    const namespace = this.#namespace;
    const { items } = await this.#core.listNamespacedPod({ namespace });
    const own = items.filter(
      ({ metadata, status }) =>
        metadata?.ownerReferences?.some(({ name }) => name === set) &&
        !status?.conditions?.some(({ type, status: is }) => type === "Ready" && is === "True"),
    );
    const told = await Promise.all(own.map((pod) => this.#wordsOf(pod)));
    return told.length > 0 ? told.join("\n") : `no pod of ${set} is there: ${await this.#events(set)}`;
  }

  async #wordsOf({ metadata, spec, status }: V1Pod): Promise<string> {
    const pod = metadata?.name ?? "";
    const containers = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
    const logs = await Promise.all(containers.map(({ name }) => this.#log(pod, name)));
    return [`pod ${pod}, ${status?.phase}: ${await this.#events(pod)}`, ...logs].join("\n");
  }

  /** Of the one that ended when another has just begun. What a container cannot tell must not hide why it failed. */
  async #log(pod: string, container: string): Promise<string> {
    const ask = { name: pod, namespace: this.#namespace, container, tailLines: keptLines };
    try {
      const now = await this.#core.readNamespacedPodLog(ask);
      const text = now === "" ? await this.#core.readNamespacedPodLog({ ...ask, previous: true }) : now;
      return `${container}:\n${indent(text.trimEnd())}`;
    } catch (error) {
      return `${container}: no log (${messageOf(error).split("\n")[0]})`;
    }
  }

  async #events(object: string): Promise<string> {
    const fieldSelector = `involvedObject.name=${object}`;
    const { items } = await this.#core.listNamespacedEvent({ namespace: this.#namespace, fieldSelector });
    return items.map(({ reason, message }) => `${reason}: ${message}`).join("; ") || "no event tells why";
  }
}

/**
 * The Deployment as its provider would apply it, with another template; pure. In the provider's own name: what somebody else had applied, the
 * provider's next apply could not take away. Replicas only where they are the provider's and not an autoscaler's.
 * @throws StepFailure for a Deployment that nobody applied
 */
export function withTemplate({ metadata, spec }: V1Deployment, template: V1PodTemplateSpec) {
  const { name = "", namespace = "", labels, annotations = {}, managedFields = [] } = metadata ?? {};
  const applied = managedFields.find(
    ({ operation, subresource }) => operation === "Apply" && subresource === undefined,
  );
  if (applied?.manager === undefined) throw new StepFailure(`the Deployment ${name} was applied by nobody`);
  const { [setLabel]: _, ...own } = template.metadata?.labels ?? {};
  const { replicas, ...rest } = spec ?? {};
  const fields = JSON.stringify(applied.fieldsV1 ?? {});
  const document = {
    apiVersion: "apps/v1",
    kind: "Deployment",
    metadata: {
      name,
      namespace,
      ...(labels && { labels }),
      annotations: Object.fromEntries(Object.entries(annotations).filter(([key]) => key.startsWith("pulumi.com/"))),
    },
    spec: {
      ...rest,
      ...(fields.includes('"f:replicas"') && { replicas }),
      template: { ...template, metadata: { ...template.metadata, labels: own } },
    },
  };
  return { document, manager: applied.manager };
}

function selector(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}=${value}`)
    .join(",");
}

/** Pure. @param sets of any owner */
export function deployedOf({ metadata, spec, status }: V1Deployment, sets: readonly V1ReplicaSet[]): Deployed {
  const { name = "", uid, generation = 0, annotations = {} } = metadata ?? {};
  const { replicas: all = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status ?? {};
  const progress = status?.conditions?.find(({ type }) => type === "Progressing");
  const served = annotations[servedNote];
  return {
    name,
    release: releaseOf(spec?.template.metadata?.labels),
    seen: (status?.observedGeneration ?? 0) >= generation,
    pods: { wanted: spec?.replicas ?? 1, all, updated, available },
    ...(progress?.reason === "ProgressDeadlineExceeded" && { late: progress.message ?? "" }),
    sets: sets
      .filter((set) => set.metadata?.ownerReferences?.some((owner) => owner.uid === uid))
      .map((set) => ({ name: set.metadata?.name ?? "", release: releaseOf(set.spec?.template?.metadata?.labels) })),
    ...(served !== undefined && { served }),
  };
}

function releaseOf(labels: Readonly<Record<string, string>> = {}): string {
  return labels[label.release] ?? "";
}
