import { CoreV1Api, CustomObjectsApi, PatchStrategy, setHeaderOptions } from "@kubernetes/client-node";
import { clusterOf, statusOf } from "./kubernetes-runner.ts";
import type { Operated, OperatedState } from "./operated.ts";

/** CloudNativePG's word for it, as annotation and as condition. */
const hibernation = "cnpg.io/hibernation";

interface Cluster {
  readonly spec: { readonly instances: number };
  readonly status?: {
    readonly phase?: string;
    readonly readyInstances?: number;
    readonly conditions?: readonly { readonly type: string; readonly status: string }[];
  };
}

/** A Cluster of CloudNativePG. */
export function kubernetesOperated(host: string, name: string): Operated {
  const { config, namespace } = clusterOf(host);
  const objects = config.makeApiClient(CustomObjectsApi);
  const core = config.makeApiClient(CoreV1Api);
  const own = { group: "postgresql.cnpg.io", version: "v1", namespace, plural: "clusters", name };
  return {
    async find() {
      const [known, cluster, claim] = await Promise.all([
        found(objects.getAPIResources(own)),
        found(objects.getNamespacedCustomObject(own)),
        found(core.readNamespacedPersistentVolumeClaim({ namespace, name: `${name}-data` })),
      ]);
      return { known: known !== undefined, cluster: cluster !== undefined, claim: claim !== undefined };
    },
    async state() {
      const cluster = (await found(objects.getNamespacedCustomObject(own))) as Cluster | undefined;
      return cluster && stateOf(cluster);
    },
    async setAsleep(asleep) {
      const body = { metadata: { annotations: { [hibernation]: asleep ? "on" : "off" } } };
      const options = setHeaderOptions("Content-Type", PatchStrategy.MergePatch);
      await objects.patchNamespacedCustomObject({ ...own, body }, options);
    },
  };
}

/** Undefined for what is not there, which a kind that the cluster does not know is not either. */
async function found(asked: Promise<unknown>): Promise<unknown> {
  try {
    return await asked;
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** Pure. */
export function stateOf({ spec, status = {} }: Cluster): OperatedState {
  const { phase = "", readyInstances = 0, conditions = [] } = status;
  const asleep = conditions.some(({ type, status: is }) => type === hibernation && is === "True");
  return { phase, wanted: spec.instances, ready: readyInstances, asleep };
}
