/** What a container is, as plain data: one description for those that the docker provider makes and those that Rollout makes. */

export interface Limits {
  /** Whole or part cores, e.g. 0.5. */
  readonly cpus: number;
  readonly memoryMb: number;
  readonly pids: number;
}

export interface Mount {
  readonly volume: string;
  readonly path: string;
  readonly readOnly?: boolean;
  /** In a cluster: plain files, a ConfigMap of that name. @default data: a claim of that name */
  readonly plainFiles?: boolean;
}

export interface Health {
  readonly test: readonly string[];
  readonly intervalSeconds: number;
  readonly timeoutSeconds: number;
  readonly startPeriodSeconds: number;
  readonly retries: number;
}

/** The check of a server whose image has wget. */
export function answersHttp(port: number, path: string): readonly string[] {
  return ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}${path}`];
}

/** Of a part that no request waits for. */
export const watcherTimes = { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 } as const;

export interface LogFiles {
  /** Of each file. */
  readonly megabytes: number;
  /** At least 2, the newest among them: with one alone the engine would forget everything at once. */
  readonly files: number;
}

export interface NetworkPlace {
  readonly name: string;
  readonly aliases: readonly string[];
}

/** A port of the host behind which the container answers; only where its network has a way in. */
export interface PublishedPort {
  /** IPv4 address of the host. */
  readonly address: string;
  readonly port: number;
  /** The port inside the container. */
  readonly inside: number;
  /** @default tcp */
  readonly protocol?: "udp";
}

export type Restart = "unless-stopped" | "no";

export interface ContainerSpec {
  readonly name: string;
  /** An image id or a reference by digest, never a bare tag: a tag would replace the container at every preview. */
  readonly image: string;
  readonly entrypoint?: readonly string[];
  readonly command?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** `uid:gid`, numeric, so that it does not depend on the image's passwd. */
  readonly user: string;
  readonly mounts: readonly Mount[];
  /** Paths that stay writable under the read-only root, kept in memory. */
  readonly tmpfs: readonly string[];
  /** `host` only for the edge, which must see the real client address. */
  readonly network: "host" | readonly NetworkPlace[];
  /** @default none: what users reach goes through the edge */
  readonly ports?: readonly PublishedPort[];
  /** It finds the host itself as `host.docker.internal`, where its networks have a way out. @default false */
  readonly hostGateway?: boolean;
  /** It reads every cgroup of the host, and changes none: numbers of all that runs, no variable and no file of it. @default false: none but its own */
  readonly hostCgroups?: boolean;
  /** It may use every GPU of the host. @default false */
  readonly gpu?: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly limits: Limits;
  readonly capabilities: readonly string[];
  /** Docker's own init is the first process, and ends with its child. @default false: the image's command is the first */
  readonly init?: boolean;
  readonly health?: Health;
  /** What is kept of what it prints. @default `logRotation` */
  readonly logs?: LogFiles;
  /** Where the engine sends it too, in place of json-file; see components/logs/spec.ts. @default nowhere */
  readonly shipped?: Readonly<Record<string, string>>;
  readonly restart: Restart;
  readonly stopGraceSeconds: number;
  readonly stopSignal?: string;
}

/** Every label that Slipway writes; ownership is decided by these, never by a name. */
export const label = {
  stack: "slipway.stack",
  system: "slipway.system",
  part: "slipway.part",
  /** Who made it and may remove it: see `Role`. */
  role: "slipway.role",
  release: "slipway.release",
  /** Of what works on data that were restored, see `Place`. */
  generation: "slipway.generation",
} as const;

/** `part`: the docker provider. `workload`: Rollout. `session`: a step's container for its own commands. `files`: writes a volume. */
export type Role = "part" | "workload" | "session" | "files" | "lease";

export interface Place {
  readonly stack: string;
  readonly system: string;
  /** Of the data: each restore makes the next one, on volumes of its own. Absent for the first, and where no data are touched. */
  readonly generation?: number;
}

/** What a stack may be called. No underscore: it parts the stack's name from the thing's. */
export const stackNamePattern = /^[a-z][a-z0-9-]{0,30}$/;

/**
 * `slipway-local_redis`: the one rule by which things on a Docker host are named. With one hyphen for both parts, stack `a` with
 * `b-data` and stack `a-b` with `data` would share a volume.
 */
export function resourceName(place: Place, ...rest: readonly string[]): string {
  return `slipway-${place.stack}_${rest.join("-")}`;
}

/**
 * The stack's networks without a way out or in. `front`: the switch, what answers users, Prometheus, and steps that ask them. `private`: stores, and who
 * needs one. `metrics`: exporters and Alertmanager, and Prometheus; only where a stack has them. Who is where: infra/platforms/docker/peers.ts.
 */
export type Inner = "front" | "private" | "metrics";

/** The name that the engine knows one of these networks by. */
export function innerNetwork(place: Place, inner: Inner): string {
  return resourceName(place, inner);
}

/** By these labels Slipway finds what is a stack's, and touches nothing without them. */
export function labelsFor(place: Place, part: string, role: Role): Record<string, string> {
  return {
    [label.stack]: place.stack,
    [label.system]: place.system,
    [label.part]: part,
    [label.role]: role,
    // What ran on the data before must not go on with what it remembers of them.
    ...(place.generation !== undefined && { [label.generation]: String(place.generation) }),
  };
}

/** Log rotation of both TMWS guides (001, "Log persistence"): 10 MB, three files. Without it json-file logs grow for ever. */
export const usualLogs: LogFiles = { megabytes: 10, files: 3 };
export const logRotation = { "max-size": "10m", "max-file": "3" } as const;

/** The engine's options of json-file. Older files are compressed where a guide wants many (guide 002, "Log Directory Setup": compress). */
export function logOptions(logs: LogFiles | undefined): Readonly<Record<string, string>> {
  if (logs === undefined) return logRotation;
  return { "max-size": `${logs.megabytes}m`, "max-file": String(logs.files), compress: "true" };
}

/** The one folder of the host that a container may see, read-only; where the kernel shows its cgroups on every Linux. */
export const cgroupsPath = "/sys/fs/cgroup";

/** The host as a container finds it; Docker Desktop knows this name by itself, on Linux it is written into the container. */
export const hostGatewayName = "host.docker.internal";

/** What every container of ours gets, whoever makes it. */
export const hardening = {
  readOnlyRoot: true,
  droppedCapabilities: ["ALL"],
  securityOptions: ["no-new-privileges:true"],
} as const;
