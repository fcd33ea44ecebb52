import { egressLabel } from "../container/kubernetes.ts";
import { label } from "../container/spec.ts";

/** Who may talk to whom, from the same data as a Docker host's networks: nobody but the namespace's own pods, beside what is said here. Pure. */

/** The name of a namespace, which Kubernetes itself puts on it. */
const namespaceLabel = "kubernetes.io/metadata.name";

export interface Exposure {
  /** Workloads that somebody outside the namespace reaches. */
  readonly answers: readonly (Asked & {
    /** `cluster`: an ingress controller, in whatever namespace it is. `anywhere`: a port of the nodes or a load balancer, which asks by itself who may come. */
    readonly from: "cluster" | "anywhere";
  })[];
  /** A Prometheus elsewhere in the cluster, and what it may ask. @default there is none */
  readonly scraped?: { readonly namespace: string; readonly jobs: readonly Asked[] };
  /** cert-manager certifies the Ingress: its pods that answer an HTTP-01 challenge come into this namespace. @default false */
  readonly certified?: boolean;
}

export interface Asked {
  readonly part: string;
  readonly ports: readonly number[];
}

export interface Policy {
  readonly name: string;
  readonly spec:
    | ReturnType<typeof privateSpec>
    | ReturnType<typeof egressSpec>
    | ReturnType<typeof publicSpec>
    | ReturnType<typeof scrapedSpec>
    | ReturnType<typeof solverSpec>;
}

/** The NetworkPolicies of a namespace: `private` refuses whatever no other one names, each of the others opens one way. */
export function policiesOf({ answers, scraped, certified = false }: Exposure): readonly Policy[] {
  return [
    { name: "private", spec: privateSpec() },
    { name: "egress", spec: egressSpec() },
    ...answers.map((answer) => ({ name: `public-${answer.part}`, spec: publicSpec(answer) })),
    ...(scraped?.jobs ?? []).map((job) => ({
      name: `metrics-${job.part}`,
      spec: scrapedSpec(job, scraped?.namespace ?? ""),
    })),
    ...(certified ? [{ name: "acme", spec: solverSpec() }] : []),
  ];
}

/** Selects every pod, so that whatever no policy names is refused. Names are asked of the cluster's own DNS. */
function privateSpec() {
  const own = { podSelector: {} };
  const names = {
    to: [{ namespaceSelector: { matchLabels: { [namespaceLabel]: "kube-system" } } }],
    ports: [
      { protocol: "UDP", port: 53 },
      { protocol: "TCP", port: 53 },
    ],
  };
  return {
    podSelector: {},
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ from: [own] }],
    egress: [{ to: [own] }, names],
  };
}

/** The internet, and not the cloud's own metadata service, which hands out the node's credentials. */
function egressSpec() {
  const internet = { ipBlock: { cidr: "0.0.0.0/0", except: ["169.254.0.0/16"] } };
  return {
    podSelector: { matchLabels: { [egressLabel]: "true" } },
    policyTypes: ["Egress"],
    egress: [{ to: [internet] }],
  };
}

function publicSpec({ part, ports, from }: Exposure["answers"][number]) {
  return {
    podSelector: { matchLabels: { [label.part]: part } },
    policyTypes: ["Ingress"],
    ingress: [
      {
        ...(from === "cluster" && { from: [{ namespaceSelector: {} }] }),
        ports: ports.map((port) => ({ protocol: "TCP", port })),
      },
    ],
  };
}

function scrapedSpec({ part, ports }: Asked, namespace: string) {
  const from = [{ namespaceSelector: { matchLabels: { [namespaceLabel]: namespace } } }];
  return {
    podSelector: { matchLabels: { [label.part]: part } },
    policyTypes: ["Ingress"],
    ingress: [{ from, ports: ports.map((port) => ({ protocol: "TCP", port })) }],
  };
}

/** Label and port are cert-manager's own; whoever asks comes by the ingress controller. */
function solverSpec() {
  return {
    podSelector: { matchLabels: { "acme.cert-manager.io/http01-solver": "true" } },
    policyTypes: ["Ingress"],
    ingress: [{ from: [{ namespaceSelector: {} }], ports: [{ protocol: "TCP", port: 8089 }] }],
  };
}
