import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import {
  objectName,
  type PodWish,
  type Probes,
  podLabels,
  podOf,
  selectorOf,
  type VolumeSource,
} from "../container/kubernetes.ts";
import { type ContainerSpec, labelsFor, type Place } from "../container/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { canonical } from "../steps/step.ts";
import { type Exposure, policiesOf } from "./policies.ts";

/** A stack's namespace in a cluster. */
export interface ClusterPlace {
  readonly provider: kubernetes.Provider;
  /** Of the resource: whatever is in it comes after it. */
  readonly namespace: pulumi.Output<string>;
  readonly place: Place;
  /** What steps keep of it, see `clusterAddress`. */
  readonly host: string;
  /** Undefined: the cluster's default. */
  readonly storageClass: string | undefined;
  readonly volumeGb: number;
}

type Late = pulumi.Input<string>;

export interface NamespaceArgs extends Pick<ClusterPlace, "provider" | "place"> {
  readonly namespace: string;
  readonly exposure: Exposure;
}

/** The namespace with what holds for all in it. It is kept when the stack goes, with the data in it. */
export class Namespace extends pulumi.ComponentResource {
  /** Known when the policies are there: nothing in it was ever without them. */
  readonly namespace: pulumi.Output<string>;

  constructor(name: string, args: NamespaceArgs, opts?: pulumi.ComponentResourceOptions) {
    super("slipway:kubernetes:Namespace", name, {}, opts);
    const { provider, place, namespace, exposure } = args;
    const restricted = ["enforce", "audit", "warn"].map((mode) => [`pod-security.kubernetes.io/${mode}`, "restricted"]);
    const labels = { ...labelsFor(place, "namespace", "part"), ...Object.fromEntries(restricted) };
    const own = { parent: this, provider };
    // Its deletion would take the claims with it.
    const made = new kubernetes.core.v1.Namespace(
      "namespace",
      { metadata: { name: namespace, labels } },
      { ...own, protect: true },
    );
    const policies = policiesOf(exposure).map(
      ({ name: policy, spec }) =>
        new kubernetes.networking.v1.NetworkPolicy(
          `policy-${policy}`,
          { metadata: { name: policy, namespace: made.metadata.name }, spec },
          own,
        ),
    );
    const [first] = policies;
    this.namespace = pulumi.output(first?.metadata.namespace ?? namespace);
    this.registerOutputs({});
  }
}

/** A data volume: one node writes it, and nothing that a release does removes it. */
export function claim(at: ClusterPlace, volume: string, opts: pulumi.CustomResourceOptions) {
  const name = objectName(volume);
  return new kubernetes.core.v1.PersistentVolumeClaim(
    name,
    {
      metadata: {
        name,
        namespace: at.namespace,
        labels: labelsFor(at.place, name, "part"),
        // Bound when its first pod comes, which may be after this.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        accessModes: ["ReadWriteOnce"],
        ...(at.storageClass !== undefined && { storageClassName: at.storageClass }),
        resources: { requests: { storage: `${at.volumeGb}Gi` } },
      },
    },
    { ...opts, provider: at.provider, protect: true },
  );
}

/** Plain files as a ConfigMap whose name follows from its content: changed ones are another, and roll the pods that read them. */
export function configFiles(
  at: ClusterPlace,
  name: string,
  entries: readonly FileEntry[],
  opts: pulumi.CustomResourceOptions,
): Late {
  const data = contentsOf(entries);
  const hash = createHash("sha256").update(canonical(data)).digest("hex").slice(0, 10);
  const map = new kubernetes.core.v1.ConfigMap(
    name,
    { metadata: { name: `${name}-${hash}`, namespace: at.namespace }, immutable: true, data },
    { ...opts, provider: at.provider },
  );
  return map.metadata.name;
}

/** A Secret that is never changed, but replaced: the provider gives it a name of its own each time, which rolls the pods that read it. */
export function secret(
  at: ClusterPlace,
  name: string,
  stringData: pulumi.Input<Record<string, string>>,
  opts: pulumi.CustomResourceOptions,
): Late {
  const made = new kubernetes.core.v1.Secret(
    name,
    { metadata: { namespace: at.namespace }, immutable: true, stringData: pulumi.secret(stringData) },
    { ...opts, provider: at.provider },
  );
  return made.metadata.name;
}

/** Files as a ConfigMap or a Secret holds them: by path, without owner and mode, which the mount gives. */
export function contentsOf(entries: readonly FileEntry[]): Record<string, string> {
  return Object.fromEntries(entries.map(({ path, content = "" }) => [path, content]));
}

export interface PartWish {
  readonly spec: ContainerSpec;
  readonly volumes: Readonly<Record<string, VolumeSource<Late>>>;
  readonly port: number;
  /** In place of those that follow from the container's health. */
  readonly probes?: Probes;
  /** See `PodWish`. */
  readonly before?: PodWish["before"];
  /** What must be there first. */
  readonly after: readonly pulumi.Resource[];
}

/** One long-lived part: a StatefulSet, because two servers on one data directory corrupt it, and the Service under which it is known. */
export function part(
  at: ClusterPlace,
  name: string,
  { spec, volumes, port, probes, before, after }: PartWish,
  opts: pulumi.CustomResourceOptions,
) {
  const matchLabels = selectorOf(spec);
  const server = service(at, name, { selector: matchLabels, ports: [port], headless: true }, opts);
  const wish: PodWish<Late> = {
    spec,
    volumes,
    ...(probes && { probes }),
    ...(before && { before }),
    restart: "Always",
  };
  const metadata = { name, namespace: at.namespace, labels: podLabels(spec) };
  return new kubernetes.apps.v1.StatefulSet(
    name,
    {
      metadata,
      spec: {
        serviceName: name,
        replicas: 1,
        selector: { matchLabels },
        template: { metadata: { labels: podLabels(spec) }, spec: podOf(wish) },
        persistentVolumeClaimRetentionPolicy: { whenDeleted: "Retain", whenScaled: "Retain" },
      },
    },
    { ...opts, provider: at.provider, dependsOn: [server, ...after] },
  );
}

export interface ServiceWish {
  readonly selector: Record<string, string>;
  readonly ports: readonly number[];
  /** Port of the pods that every port leads to. @default the same */
  readonly to?: number;
  /** By which others choose it. @default none */
  readonly labels?: Readonly<Record<string, string>>;
  /** Its name leads to the pods themselves. @default false: to an address of its own */
  readonly headless?: boolean;
  /** @default none */
  readonly nodePort?: number;
}

/** A Service: pods ask for what it leads to by its name, as containers on a Docker host do by an alias. */
export function service(
  at: ClusterPlace,
  name: string,
  { selector, ports, to, labels, headless, nodePort }: ServiceWish,
  opts: pulumi.CustomResourceOptions,
) {
  return new kubernetes.core.v1.Service(
    `${name}-service`,
    {
      metadata: {
        name,
        namespace: at.namespace,
        ...(labels && { labels }),
        // Its pods come after it.
        annotations: { "pulumi.com/skipAwait": "true" },
      },
      spec: {
        selector,
        ...(headless === true && { clusterIP: "None" }),
        ...(nodePort !== undefined && { type: "NodePort" }),
        ports: ports.map((port) => ({ name: `p${port}`, port, targetPort: to ?? port, ...(nodePort && { nodePort }) })),
      },
    },
    { ...opts, provider: at.provider },
  );
}
