import { stringify } from "yaml";
import { caFile, trustPath, trustVolume } from "../certificate/spec.ts";
import {
  answersHttp,
  type ContainerSpec,
  type Limits,
  labelsFor,
  type Mount,
  type Place,
  resourceName,
  watcherTimes,
} from "../container/spec.ts";
import { file } from "../files/spec.ts";
import { maintenanceDatabase } from "../postgres/roles.ts";
import { redisAlias, redisExporterPassword, redisExporterUser, redisPort } from "../redis/spec.ts";
import { namesPath } from "../steps/container-names.ts";
import { journalPath } from "../steps/journal.ts";
import { metricsPath } from "../steps/metrics.ts";
import type { FileEntry } from "../steps/runner.ts";
import { monitorRole } from "./role.ts";

/** By the job under which Prometheus asks it: its part, which is its alias, and its port. */
export const exporterParts = {
  host: { part: "node-exporter", port: 9100 },
  redis: { part: "redis-exporter", port: 9121 },
  postgres: { part: "postgres-exporter", port: 9187 },
  probe: { part: "blackbox-exporter", port: 9115 },
  containers: { part: "container-exporter", port: 9130 },
} as const;

/** One process that turns what a part knows into Prometheus' metrics. What it reads before it starts, below `/etc/exporter`, may hold a password. */
export interface Exporter {
  readonly job: keyof typeof exporterParts;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** It asks the edge as users do. @default false: networks without a way out alone */
  readonly outside?: boolean;
  /** It counts the containers. @default false */
  readonly hostCgroups?: boolean;
}

/** A folder of files with metrics, on a volume of its own. */
export interface Notes {
  readonly mount: Mount;
  readonly folder: string;
}

const exporterOwner = { uid: 65534, gid: 65534 };
const configPath = "/etc/exporter";

/**
 * The machine without a privilege: processors, memory and kernel counters are the host's in every container; `/` is the disk of Docker's data,
 * the journal's mount that of volumes. The journal's folder has the notes of backups, drills and releases.
 * @param further notes of parts that write their own
 */
export function hostExporter(place: Place, further: readonly Notes[] = []): Exporter {
  const collectors = ["cpu", "meminfo", "loadavg", "filesystem", "vmstat", "textfile"];
  return {
    job: "host",
    command: [
      "--collector.disable-defaults",
      ...collectors.map((name) => `--collector.${name}`),
      ...[metricsPath, ...further.map(({ folder }) => folder)].map((path) => `--collector.textfile.directory=${path}`),
      // What is mounted into every container beside the two disks.
      "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|etc|run|tmp)($|/)",
      "--collector.filesystem.fs-types-exclude=^(proc|sysfs|cgroup2?|mqueue|devpts)$",
    ],
    env: {},
    mounts: [
      { volume: resourceName(place, "journal"), path: journalPath, readOnly: true },
      ...further.map(({ mount }) => mount),
    ],
  };
}

/**
 * What each container of the stack uses, by the host's cgroups: numbers alone, so that neither the engine's socket nor the host's files are asked for. A
 * cgroup knows its container's id and nothing else; which are the stack's, and what they are called, lies beside the journal.
 */
export function containerExporter(place: Place): Exporter {
  return {
    job: "containers",
    command: [`-names=${namesPath}`],
    env: {},
    mounts: [{ volume: resourceName(place, "journal"), path: journalPath, readOnly: true }],
    hostCgroups: true,
  };
}

const redis = `${redisAlias}:${redisPort}`;

/** INFO tells what is watched; its user may ask for nothing else. */
export const redisExporter: Exporter = {
  job: "redis",
  command: [],
  env: {
    REDIS_ADDR: `redis://${redis}`,
    REDIS_USER: redisExporterUser,
    REDIS_PASSWORD_FILE: `${configPath}/redis.json`,
    REDIS_EXPORTER_CONFIG_COMMAND: "-",
  },
  mounts: [],
};

/** @param operator the password of Redis' operator, which the exporter's follows from */
export function redisExporterFiles(operator: string): readonly FileEntry[] {
  const passwords = JSON.stringify({ [`redis://${redisExporterUser}@${redis}`]: redisExporterPassword(operator) });
  return [file("redis.json", passwords, exporterOwner, 0o400)];
}

/** In the maintenance database: what the server counts is the same there, and the system's own rows are not. */
export function postgresExporter(place: Place, database: string): Exporter {
  return {
    job: "postgres",
    command: [],
    env: {
      DATA_SOURCE_URI: `postgres:5432/${maintenanceDatabase}?sslmode=verify-full&sslrootcert=${trustPath}/${caFile}`,
      DATA_SOURCE_USER: monitorRole(database),
      DATA_SOURCE_PASS_FILE: `${configPath}/password`,
    },
    mounts: [{ volume: resourceName(place, trustVolume), path: trustPath, readOnly: true }],
  };
}

/** The monitor role's password, which the exporter alone reads. */
export function postgresExporterFiles(password: string): readonly FileEntry[] {
  return [file("password", password, exporterOwner, 0o400)];
}

/** Something that must answer. `http`: with 2xx; `tcp`: it takes a connection; `edge`: https by the name users use. */
export type ProbeTarget =
  | { readonly kind: "http"; readonly name: string; readonly url: string }
  | { readonly kind: "tcp"; readonly name: string; readonly address: string }
  | {
      readonly kind: "edge";
      readonly name: string;
      readonly port: number;
      readonly path: string;
      /** A CA of the edge's own, which no browser knows either. */
      readonly ownCa: boolean;
    };

/** Blackbox exporter, which asks as a user does. Only with an edge among its targets can it reach the host. */
export function probeExporter(targets: readonly ProbeTarget[]): Exporter {
  return {
    job: "probe",
    command: [`--config.file=${configPath}/blackbox.yml`],
    env: {},
    mounts: [],
    outside: targets.some(({ kind }) => kind === "edge"),
  };
}

/** A module for each kind of target, and one for each host name of the edge; see `moduleOf`. */
export function probeExporterFiles(targets: readonly ProbeTarget[]): readonly FileEntry[] {
  return [file("blackbox.yml", probeModules(targets), exporterOwner)];
}

/** Which of blackbox exporter's modules asks a target: an edge's name has one of its own. */
export function moduleOf(target: ProbeTarget): string {
  return target.kind === "edge" ? `edge-${target.name}` : target.kind;
}

/** What the exporter asks. An edge is asked at the host; its host name comes with the module, see `moduleOf`. */
export function addressOf(target: ProbeTarget): string {
  switch (target.kind) {
    case "http":
      return target.url;
    case "tcp":
      return target.address;
    case "edge":
      return `https://host.docker.internal:${target.port}${target.path}`;
  }
}

function probeModules(targets: readonly ProbeTarget[]): string {
  const timeout = "4s";
  const ip = { preferred_ip_protocol: "ip4" };
  const edges = targets.filter((target) => target.kind === "edge");
  const modules = {
    http: { prober: "http", timeout, http: ip },
    tcp: { prober: "tcp", timeout, tcp: ip },
    ...Object.fromEntries(
      edges.map((target) => {
        const tls = { server_name: target.name, insecure_skip_verify: target.ownCa };
        const http = { ...ip, follow_redirects: false, headers: { Host: target.name }, tls_config: tls };
        return [moduleOf(target), { prober: "http", timeout, http }];
      }),
    ),
  };
  return stringify({ modules });
}

export interface ExporterSpec {
  readonly image: string;
  readonly networks: Networks;
  readonly limits: Limits;
  readonly exporter: Exporter;
  /** Whether it reads files. */
  readonly configured: boolean;
}

/** One exporter on a Docker host, without any capability: on the inner networks, and on the one with a way out when it asks from outside. */
export function exporterContainer(place: Place, spec: ExporterSpec): ContainerSpec {
  const { image, networks, limits, configured } = spec;
  const { job, command, env, mounts, outside, hostCgroups } = spec.exporter;
  const { part, port } = exporterParts[job];
  const config = { volume: resourceName(place, `${part}-config`), path: configPath, readOnly: true };
  return {
    name: resourceName(place, part),
    image,
    command,
    env,
    user: `${exporterOwner.uid}:${exporterOwner.gid}`,
    mounts: [...mounts, ...(configured ? [config] : [])],
    tmpfs: ["/tmp"],
    network: [
      ...networks.inner.map((name) => ({ name, aliases: [part] })),
      ...(outside === true ? [{ name: networks.watch, aliases: [] }] : []),
    ],
    ...(outside === true && { hostGateway: true }),
    ...(hostCgroups === true && { hostCgroups }),
    labels: labelsFor(place, part, "part"),
    limits,
    capabilities: [],
    health: { ...watcherTimes, test: answersHttp(port, "/") },
    restart: "unless-stopped",
    stopGraceSeconds: 10,
  };
}

/** Names: of those without a way out, and of the one that has one. */
export interface Networks {
  readonly inner: readonly string[];
  readonly watch: string;
}
