/** How a step's stored `host` names a namespace of a cluster: `kubernetes://<context>/<namespace>`, an empty context for the current one. */
export interface ClusterAddress {
  /** Of the kubeconfig of whoever runs the step; undefined for its current one. */
  readonly context: string | undefined;
  readonly namespace: string;
}

const scheme = "kubernetes://";

/** Whether a step's `host` is a namespace of a cluster; `parseClusterAddress` says which. */
export function isClusterAddress(host: string): boolean {
  return host.startsWith(scheme);
}

/** What `parseClusterAddress` reads back. */
export function clusterAddress({ context, namespace }: ClusterAddress): string {
  return `${scheme}${encodeURIComponent(context ?? "")}/${namespace}`;
}

/** @throws Error for what `clusterAddress` did not write */
export function parseClusterAddress(host: string): ClusterAddress {
  const [context, namespace, ...more] = host.slice(scheme.length).split("/");
  if (!isClusterAddress(host) || context === undefined || !namespace || more.length > 0)
    throw new Error(
      `${JSON.stringify(host)} names no namespace of a cluster: wanted is ${scheme}<context>/<namespace>`,
    );
  return { context: context === "" ? undefined : decodeURIComponent(context), namespace };
}
