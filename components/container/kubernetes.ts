import { type ContainerSpec, type Health, hardening, label, type Mount } from "./spec.ts";

/** The same container as a pod: pure, so that a test reads every field that the API server gets. */

/** Where a volume of the spec comes from in the namespace. `Name`: a text, or one that is known late. */
export type VolumeSource<Name = string> =
  /** A claim of its own name: data. */
  | { readonly kind: "claim"; readonly claim: string }
  /** What is read only: a ConfigMap, and a Secret beside it in the same folder. */
  | { readonly kind: "files"; readonly configMap?: Name; readonly secret?: Name };

export interface PodWish<Name = string> {
  readonly spec: ContainerSpec;
  /** By the volume names of the spec; one that is not here is a claim by `objectName`. */
  readonly volumes?: Readonly<Record<string, VolumeSource<Name>>>;
  /** Secrets all of whose keys become variables. */
  readonly secretEnv?: readonly Name[];
  /** In place of the probes that follow from `spec.health`. */
  readonly probes?: Probes;
  /** What goes on while the endpoints forget the pod. @default the process is told to end at once */
  readonly drainSeconds?: number;
  /** Runs before the container, in the same image, with the same variables and volumes, and has to succeed. @default nothing */
  readonly before?: { readonly name: string; readonly argv: readonly string[]; readonly mounts: readonly Mount[] };
  readonly restart: "Always" | "Never";
  /** It is there for moments: a node whose cores are promised to others takes it all the same. @default false */
  readonly brief?: boolean;
}

export interface Probes {
  readonly readinessProbe?: object;
  readonly livenessProbe?: object;
  readonly startupProbe?: object;
}

/** A label that lets a pod out of the namespace: see components/cluster/policies.ts. */
export const egressLabel = "slipway.egress";

/** On pods that write a volume that others of the stack write as well, with the value `volumes`: they are on one node. */
export const sharesLabel = "slipway.shares";

/**
 * `slipway-local_redis-data.g2`: `redis-data-g2`. On a Docker host the stack is part of every name, in a cluster the namespace is the stack's.
 * A stack's name has no underscore.
 */
export function objectName(resource: string): string {
  return resource.slice(resource.indexOf("_") + 1).replaceAll(/[._]/g, "-");
}

/** Labels of a container are valid on a pod as they are; one whose networks lead out says so. */
export function podLabels({ labels, network }: ContainerSpec): Record<string, string> {
  const leadsOut = network !== "host" && network.some(({ name }) => name.endsWith("_egress"));
  return { ...labels, ...(leadsOut && { [egressLabel]: "true" }) };
}

/** Stack and part: two deployments of one namespace never choose each other's pods. */
export function selectorOf({ labels }: ContainerSpec): Record<string, string> {
  return { [label.stack]: labels[label.stack] ?? "", [label.part]: labels[label.part] ?? "" };
}

/** @throws Error for what no pod under "restricted" may have */
export function podOf<Name = string>(wish: PodWish<Name>) {
  const { spec, volumes = {}, restart, before, drainSeconds = 0 } = wish;
  assertPossible(spec);
  const [uid = 0, gid = uid] = spec.user.split(":").map(Number);
  const mounts = [...spec.mounts, ...(before?.mounts ?? [])];
  const used = mounts.filter(({ volume }, index) => mounts.findIndex((each) => each.volume === volume) === index);
  return {
    // Nothing in it asks the API server.
    automountServiceAccountToken: false,
    // Names of services come from DNS; as variables they would collide with the product's own (`REDIS_PORT`).
    enableServiceLinks: false,
    restartPolicy: restart,
    terminationGracePeriodSeconds: spec.stopGraceSeconds + drainSeconds,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: uid,
      runAsGroup: gid,
      // A fresh volume belongs to root.
      fsGroup: gid,
      fsGroupChangePolicy: "OnRootMismatch",
      seccompProfile: { type: "RuntimeDefault" },
    },
    ...(before && { initContainers: [earlier(wish, before)] }),
    containers: [containerOf(wish)],
    volumes: [
      ...used.map((mount) => ({ name: objectName(mount.volume), ...sourceOf(mount, volumes[mount.volume]) })),
      // 64 MB in memory, as Docker's tmpfs here.
      ...spec.tmpfs.map((path) => ({ name: tmpName(path), emptyDir: { medium: "Memory", sizeLimit: "64Mi" } })),
    ],
  };
}

function earlier<Name>(
  { spec, secretEnv = [] }: PodWish<Name>,
  { name, argv, mounts }: NonNullable<PodWish["before"]>,
) {
  const { health: _, ...rest } = spec;
  const own = { ...rest, entrypoint: argv, command: [], mounts: [...spec.mounts, ...mounts] };
  return { ...containerOf({ spec: own, secretEnv, restart: "Always" }), name };
}

/**
 * The pod's one container: no privileges and a read-only root; the spec's memory and a quarter of its cores reserved, both its limits; its health
 * check as probes.
 */
export function containerOf<Name = string>(wish: PodWish<Name>) {
  const { spec, secretEnv = [], probes, drainSeconds = 0, brief = false } = wish;
  const { cpus, memoryMb } = spec.limits;
  return {
    name: spec.labels[label.part] ?? "main",
    image: spec.image,
    // References are by digest or by a hash of what was built: what is there needs no second look.
    imagePullPolicy: "IfNotPresent",
    ...(spec.entrypoint && { command: [...spec.entrypoint] }),
    ...(spec.command && { args: [...spec.command] }),
    env: Object.entries(spec.env)
      .map(([name, value]) => ({ name, value }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    ...(secretEnv.length > 0 && { envFrom: secretEnv.map((name) => ({ secretRef: { name } })) }),
    resources: {
      // Memory is what a node must have; cores are shared, so a quarter is enough to be placed.
      requests: { cpu: `${brief ? 50 : Math.ceil(cpus * 250)}m`, memory: `${memoryMb}Mi` },
      limits: {
        cpu: `${Math.round(cpus * 1000)}m`,
        memory: `${memoryMb}Mi`,
        ...(spec.gpu && { "nvidia.com/gpu": "1" }),
      },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: hardening.readOnlyRoot,
      capabilities: { drop: [...hardening.droppedCapabilities] },
    },
    volumeMounts: [
      ...spec.mounts.map(mountOf),
      ...spec.tmpfs.map((path) => ({ name: tmpName(path), mountPath: path })),
    ],
    ...(probes ?? (spec.health === undefined ? {} : healthProbes(spec.health))),
    ...(drainSeconds > 0 && { lifecycle: { preStop: { sleep: { seconds: drainSeconds } } } }),
  };
}

/**
 * Docker's health data as probes. Readiness from the check itself; within the start period failures do not count, which is a startup probe
 * that asks often. No liveness: Docker restarts nothing for being unhealthy either, and a store that is slow is not mended by a restart.
 */
export function healthProbes(health: Health): Probes {
  const ask = { exec: { command: commandOf(health.test) }, timeoutSeconds: health.timeoutSeconds };
  return {
    startupProbe: startup(ask, health),
    readinessProbe: { ...ask, periodSeconds: health.intervalSeconds, failureThreshold: health.retries },
  };
}

/** Asks every 2 s, so that a start is not longer than it is; gives up when the start period and the retries are over. */
export function startup(ask: object, { startPeriodSeconds, intervalSeconds, retries }: Omit<Health, "test">): object {
  const seconds = startPeriodSeconds + intervalSeconds * retries;
  return { ...ask, periodSeconds: 2, failureThreshold: Math.ceil(seconds / 2) };
}

function commandOf([form, ...words]: readonly string[]): string[] {
  return form === "CMD-SHELL" ? ["sh", "-c", ...words] : words;
}

function mountOf({ volume, path, readOnly }: Mount) {
  return { name: objectName(volume), mountPath: path, ...(readOnly === true && { readOnly: true }) };
}

function sourceOf<Name>({ volume, plainFiles }: Mount, source?: VolumeSource<Name>) {
  const name = objectName(volume);
  if (source === undefined && plainFiles === true) return projected([{ configMap: { name } }]);
  if (source === undefined) return { persistentVolumeClaim: { claimName: name } };
  if (source.kind === "claim") return { persistentVolumeClaim: { claimName: source.claim } };
  const { configMap, secret } = source;
  return projected([
    ...(configMap === undefined ? [] : [{ configMap: { name: configMap } }]),
    ...(secret === undefined ? [] : [{ secret: { name: secret } }]),
  ]);
}

function projected<Source>(sources: Source[]) {
  // Files belong to root and to the pod's fsGroup, which reads them; nobody else does.
  return { projected: { defaultMode: 0o440, sources } };
}

function tmpName(path: string): string {
  return `tmp${path.replaceAll(/[^a-z0-9]+/g, "-")}`;
}

function assertPossible(spec: ContainerSpec): void {
  const refused = (why: string) => new Error(`${objectName(spec.name)} cannot be a pod: ${why}`);
  if (spec.network === "host") throw refused("it wants the host's network, which Pod Security restricted forbids");
  if (spec.hostGateway === true) throw refused("it calls a service on the host itself, and a cluster has no one host");
  if (spec.ports !== undefined) throw refused("it publishes a port of the host: a Service or an Ingress does that");
  if (spec.capabilities.length > 0)
    throw refused(`it wants ${spec.capabilities.join(", ")}, which Pod Security restricted forbids`);
  if (/^0(:|$)/.test(spec.user)) throw refused("it runs as root, which Pod Security restricted forbids");
}
