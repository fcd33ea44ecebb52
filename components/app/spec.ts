import { createHmac } from "node:crypto";
import {
  type ContainerSpec,
  type Health,
  innerNetwork,
  type Limits,
  type LogFiles,
  labelsFor,
  logOptions,
  type Mount,
  type Place,
  resourceName,
  usualLogs,
} from "../container/spec.ts";
import { shippedLogs } from "../logs/spec.ts";
import { dataPart } from "../volumes/spec.ts";
import { livenessHealth } from "./liveness.ts";
import { filesEntrypoint, filesTmpfs, fileVariables } from "./secret-files.ts";

/** A process of the product itself, as its system describes it. */
export interface Workload {
  /** Its part name and constant network alias. */
  readonly name: string;
  readonly replicas: number;
  /** In place of the image's own command; a worker must say it, because it begins behind a gate. */
  readonly command?: readonly string[];
  readonly user: string;
  readonly env: Readonly<Record<string, EnvValue>>;
  /**
   * Secrets that it reads from files: by the file's name below `/run/secrets`, as mode 0400 of its user, in memory, in no variable of its process.
   * Wants `command`, the image's entrypoint included. Commands beside the process (probes, migrations) get none. @default none
   */
  readonly secretFiles?: Readonly<Record<string, SecretValue>>;
  readonly volumes: readonly { readonly name: string; readonly path: string }[];
  readonly tmpfs: readonly string[];
  /** It calls services on the internet: beside the stack's own networks it gets one with a way out. @default false */
  readonly egress?: boolean;
  /** It calls a service on the host itself, as `host.docker.internal`; the way there is that of `egress`. @default false */
  readonly hostGateway?: boolean;
  /** What is kept of its log, where the system's guide says so; config's word counts more. @default 10 MB, three times */
  readonly logs?: LogFiles;
  readonly duty: Web | Tcp | Worker;
}

/** Answers users through the switch. */
export interface Web {
  readonly kind: "web";
  /** The port that answers users. */
  readonly port: number;
  readonly healthPath: string;
  /** What a healthy answer says; Rollout's readiness asks for exactly this. */
  readonly healthy: Readonly<Record<string, unknown>>;
  /** The same question as a command inside the image, for Docker's own health. */
  readonly healthCommand: readonly string[];
  /**
   * Asked by the switch every few seconds: a replica that answers other than 2xx gets no request until it does again (guide 003, "Readiness
   * Probe"). Rollout asks `healthPath` before users come: it must promise no less than this one. @default the switch asks nothing
   */
  readonly readyPath?: string;
  /**
   * Answers in JSON what the product knows of itself, for whoever looks for a fault: `npm run status` shows it. No release asks it, so a changed
   * one replaces nothing. @default `npm run status` shows the answer of `healthPath` alone
   */
  readonly diagnosticsPath?: string;
  /**
   * A command inside the image that fails when the process hangs. It is ended then, by its own container, and started again: Docker restarts
   * nothing for being unhealthy. Timed as the health check is; the failures in a row must last longer than the stop grace, because who was told
   * to end answers nobody new. @default nothing is ended
   */
  readonly liveness?: readonly string[];
}

/** Answers users on a raw TCP port through the switch, e.g. JSON lines (guide 002). */
export interface Tcp {
  readonly kind: "tcp";
  readonly port: number;
  /** Exits with 0 when the server in this container answers; readiness of a candidate and Docker's own health. */
  readonly healthCommand: readonly string[];
  readonly liveness?: readonly string[];
}

/** Takes tasks from a store. */
export interface Worker {
  readonly kind: "worker";
  /** Proves a candidate (imports, connections) before its process may begin; empty when there is no such command. */
  readonly check: readonly string[];
  /** Never two at a time, also during a release: a scheduler. */
  readonly single: boolean;
}

/** A variable's value: plain, a secret of the system by name, or of a store the address as the app may use it, or its password alone. */
export type EnvValue = string | SecretValue;
export type SecretValue =
  | { readonly secret: string }
  | { readonly store: StoreName; readonly field?: "url" | "password" };
export type StoreName = "redis" | "postgres";

/** How a secret comes to be when config gives none (`given`: config must), or follows from another. */
export type SecretSource =
  | { readonly kind: "given" }
  | { readonly kind: "hex"; readonly length: number }
  | { readonly kind: "password"; readonly length: number }
  | { readonly kind: "hmac-sha256"; readonly key: string; readonly text: string };

export type HealthTimes = Omit<Health, "test">;

export interface Deployment {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  readonly health: HealthTimes;
  readonly stopGraceSeconds: number;
  /** Of every workload beside its own volumes: whom it trusts. */
  readonly mounts?: readonly Mount[];
  /** Config's word on what is kept of logs. @default the workload's own */
  readonly logs?: { readonly megabytes?: number | undefined; readonly files?: number | undefined };
  /** Port of the shipper that gets every line. @default none is shipped */
  readonly shipPort?: number | undefined;
}

/** The workload's container without secrets and without the names that each release gives it. */
export function workloadContainer(place: Place, workload: Workload, deployment: Deployment): ContainerSpec {
  const tmpfs = filesTmpfs(workload);
  return {
    name: resourceName(place, workload.name),
    image: deployment.image,
    ...filesEntrypoint(workload),
    ...(workload.command && { command: workload.command }),
    env: plainEnv(workload),
    user: workload.user,
    mounts: [...workloadMounts(place, workload), ...(deployment.mounts ?? [])],
    tmpfs,
    network: [
      { name: deployment.network, aliases: [workload.name] },
      // Where the switch finds who answers users; a worker is nobody's to find.
      ...(workload.duty.kind === "worker" ? [] : [{ name: innerNetwork(place, "front"), aliases: [workload.name] }]),
      // Nobody looks for it there: it only leads out.
      ...(leadsOut(workload) ? [{ name: egressNetwork(place), aliases: [] }] : []),
    ],
    ...(workload.hostGateway === true && { hostGateway: true }),
    labels: labelsFor(place, workload.name, "workload"),
    limits: deployment.limits,
    capabilities: [],
    ...logsOf(workload, deployment),
    restart: "unless-stopped",
    stopGraceSeconds: deployment.stopGraceSeconds,
    ...healthOf({ ...workload, tmpfs }, deployment),
  };
}

function logsOf(
  { logs: own }: Workload,
  { logs: given, shipPort }: Deployment,
): Pick<ContainerSpec, "logs" | "shipped"> {
  const { megabytes = own?.megabytes, files = own?.files } = given ?? {};
  const logs =
    megabytes === undefined && files === undefined
      ? undefined
      : { megabytes: megabytes ?? usualLogs.megabytes, files: files ?? usualLogs.files };
  return {
    ...(logs && { logs }),
    ...(shipPort !== undefined && { shipped: shippedLogs(logOptions(logs), shipPort) }),
  };
}

/** Whether it needs a network with a way out beside the stack's own. */
export function leadsOut({ egress, hostGateway }: Workload): boolean {
  return egress === true || hostGateway === true;
}

/** Beside the stack's own, for what calls services on the internet or the host; made only when something does. */
export function egressNetwork(place: Place): string {
  return resourceName(place, "egress");
}

/** Docker's health check; where a workload says how it shows life, one that ends a container which hangs. */
function healthOf(
  { duty, tmpfs }: Workload,
  { health: times, stopGraceSeconds }: Deployment,
): Pick<ContainerSpec, "health"> & Partial<Pick<ContainerSpec, "init" | "tmpfs">> {
  if (duty.kind === "worker") return {};
  const { liveness, healthCommand } = duty;
  if (liveness === undefined) return { health: { test: ["CMD", ...healthCommand], ...times } };
  return {
    init: true,
    tmpfs: [...new Set([...tmpfs, "/tmp"])],
    health: livenessHealth({ liveness, health: healthCommand, times, stopGraceSeconds }),
  };
}

/** A workload's volumes under the names that the host knows, of the data's generation that serves. */
export function workloadMounts(place: Place, workload: Workload): readonly Mount[] {
  return workload.volumes.map((volume) => ({
    volume: resourceName(place, dataPart(place, volume.name)),
    path: volume.path,
  }));
}

/** The variables that are texts as they stand; secrets and what is known late are `secretEnv`'s. */
export function plainEnv(workload: Workload): Record<string, string> {
  return Object.fromEntries(
    Object.entries(workload.env).flatMap(([name, value]) => (typeof value === "string" ? [[name, value]] : [])),
  );
}

/** A store as the app may use it: its address with the password in it, and the password alone. */
export interface StoreAccess {
  readonly url: string;
  readonly password: string;
}

/** What secrets and stores turn out to be at release time. */
export interface Known {
  readonly secrets: Readonly<Record<string, string>>;
  readonly stores: Readonly<Partial<Record<StoreName, StoreAccess>>>;
}

/** The variables that carry secrets, those that become files among them. */
export function secretVariables(workload: Workload): readonly (readonly [string, SecretValue])[] {
  const variables = Object.entries(workload.env).flatMap(([name, value]): [string, SecretValue][] =>
    typeof value === "string" ? [] : [[name, value]],
  );
  const files = fileVariables(workload).flatMap(([name, file]): [string, SecretValue][] => {
    const value = workload.secretFiles?.[file];
    return value === undefined ? [] : [[name, value]];
  });
  return [...variables, ...files];
}

/** They with the values known at release time. */
export function secretEnv(workload: Workload, known: Known): Record<string, string> {
  const entries: [string, string][] = [];
  for (const [name, value] of secretVariables(workload)) {
    const found = "secret" in value ? known.secrets[value.secret] : known.stores[value.store]?.[value.field ?? "url"];
    if (found === undefined)
      throw new Error(
        `variable ${name} of workload ${workload.name} names ${JSON.stringify(value)}, which the system does not have`,
      );
    entries.push([name, found]);
  }
  return Object.fromEntries(entries);
}

/** A secret that follows from another, in hex. */
export function derivedSecret(source: Extract<SecretSource, { kind: "hmac-sha256" }>, key: string): string {
  return createHmac("sha256", key).update(source.text).digest("hex");
}
