/** Pure parts of the bench on many nodes: what is put there, and what the API server counts. */

export const nodeLabel = "slipway.test/kwok";

/** A node that kwok keeps alive. Tainted, so that no other pod of the cluster comes to where nothing runs. */
export function fakeNode(group: string, number: number) {
  const room = { cpu: "32", memory: "128Gi", pods: "110" };
  const name = `${group}-${number}`;
  return {
    metadata: { name, labels: { [nodeLabel]: group, "kubernetes.io/hostname": name } },
    spec: { taints: [{ key: nodeLabel, value: group, effect: "NoSchedule" }] },
    status: { capacity: room, allocatable: room },
  };
}

/** What of a Deployment has to be another in each system. */
export interface Made {
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly replicas?: number;
    readonly selector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly template: {
      readonly metadata: { readonly labels: Readonly<Record<string, string>> };
      readonly spec: object;
    };
  };
}

/** The Deployments of one system, as many times, in one namespace, for the nodes of a group. */
export function crowdOf(one: readonly Made[], group: string, systems: number): readonly Made[] {
  const toleration = { key: nodeLabel, value: group, effect: "NoSchedule" };
  return Array.from({ length: systems }, (_, number) =>
    one.map(({ metadata, spec }) => {
      const own = { "slipway.stack": `s${number}` };
      const { template, selector } = spec;
      return {
        metadata: { name: `${metadata.name}-${number}` },
        spec: {
          ...spec,
          selector: { matchLabels: { ...selector.matchLabels, ...own } },
          template: {
            metadata: { labels: { ...template.metadata.labels, ...own } },
            spec: { ...template.spec, nodeSelector: { [nodeLabel]: group }, tolerations: [toleration] },
          },
        },
      };
    }),
  ).flat();
}

export function podsOf(all: readonly Made[]): number {
  return all.reduce((sum, { spec }) => sum + (spec.replicas ?? 1), 0);
}

export interface Calls {
  readonly all: number;
  /** Of them those that change something. */
  readonly writes: number;
}

/** From the API server's own metrics: requests that it has answered since it began. */
export function callsIn(metrics: string): Calls {
  const found = [...metrics.matchAll(/^apiserver_request_total\{[^}]*verb="([A-Z]+)"[^}]*\} (\S+)$/gm)];
  const sum = (verbs: RegExp) =>
    found.filter(([, verb = ""]) => verbs.test(verb)).reduce((all, [, , count]) => all + Number(count), 0);
  return { all: sum(/./), writes: sum(/^(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)$/) };
}
