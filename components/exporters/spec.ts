import { stringify } from "yaml";
import { caFile, trustPath, trustVolume } from "../certificate/spec.ts";
import { type ContainerSpec, type Limits, labelsFor, type Mount, type Place, resourceName } from "../container/spec.ts";
import { file } from "../files/spec.ts";
import { redisAlias, redisAppUser, redisPort } from "../redis/spec.ts";
import { journalPath } from "../steps/journal.ts";
import { metricsPath } from "../steps/metrics.ts";
import type { FileEntry } from "../steps/runner.ts";

/** One process that turns what a part knows into Prometheus' metrics. */
export interface Exporter {
  /** Job under which Prometheus asks it. */
  readonly job: "host" | "redis" | "postgres" | "probe";
  /** Its part, and its alias on the private network. */
  readonly part: string;
  readonly port: number;
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  /** Written before it starts, below `/etc/exporter`; may hold a password. */
  readonly files: readonly FileEntry[];
  /** It asks the edge as users do. @default false: the private network alone */
  readonly outside?: boolean;
}

export const exporterOwner = { uid: 65534, gid: 65534 };
const configPath = "/etc/exporter";

/**
 * The machine without a privilege: processors, memory and kernel counters are the host's in every container; `/` is the disk of Docker's data,
 * the journal's mount that of volumes. The journal's folder has the notes of backups, drills and releases.
 */
export function hostExporter(place: Place): Exporter {
  const collectors = ["cpu", "meminfo", "loadavg", "filesystem", "vmstat", "textfile"];
  return {
    job: "host",
    part: "node-exporter",
    port: 9100,
    command: [
      "--collector.disable-defaults",
      ...collectors.map((name) => `--collector.${name}`),
      `--collector.textfile.directory=${metricsPath}`,
      // What is mounted into every container beside the two disks.
      "--collector.filesystem.mount-points-exclude=^/(dev|proc|sys|etc|run|tmp)($|/)",
      "--collector.filesystem.fs-types-exclude=^(proc|sysfs|cgroup2?|mqueue|devpts)$",
    ],
    env: {},
    mounts: [{ volume: resourceName(place, "journal"), path: journalPath, readOnly: true }],
    files: [],
  };
}

/** As the app's own user: INFO tells what is watched; what only an operator may ask is left out. */
export function redisExporter(password: string): Exporter {
  const at = `${redisAlias}:${redisPort}`;
  return {
    job: "redis",
    part: "redis-exporter",
    port: 9121,
    command: [],
    env: { REDIS_ADDR: `redis://${at}`, REDIS_USER: redisAppUser, REDIS_PASSWORD_FILE: `${configPath}/redis.json` },
    mounts: [],
    files: [file("redis.json", JSON.stringify({ [`redis://${redisAppUser}@${at}`]: password }), exporterOwner, 0o400)],
  };
}

/** As the app's own role: what it may not see, the sizes of other databases and the log's folder, is switched off. */
export function postgresExporter(place: Place, database: string, role: string, password: string): Exporter {
  return {
    job: "postgres",
    part: "postgres-exporter",
    port: 9187,
    command: ["--no-collector.database", "--no-collector.wal"],
    env: {
      DATA_SOURCE_URI: `postgres:5432/${database}?sslmode=verify-full&sslrootcert=${trustPath}/${caFile}`,
      DATA_SOURCE_USER: role,
      DATA_SOURCE_PASS_FILE: `${configPath}/password`,
    },
    mounts: [{ volume: resourceName(place, trustVolume), path: trustPath, readOnly: true }],
    files: [file("password", password, exporterOwner, 0o400)],
  };
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

export function probeExporter(targets: readonly ProbeTarget[]): Exporter {
  return {
    job: "probe",
    part: "blackbox-exporter",
    port: 9115,
    command: [`--config.file=${configPath}/blackbox.yml`],
    env: {},
    mounts: [],
    files: [file("blackbox.yml", probeModules(targets), exporterOwner)],
    outside: targets.some(({ kind }) => kind === "edge"),
  };
}

/** Which of blackbox exporter's modules asks a target: an edge's name has one of its own. */
export function moduleOf(target: ProbeTarget): string {
  return target.kind === "edge" ? `edge-${target.name}` : target.kind;
}

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

export function exporterContainer(
  place: Place,
  exporter: Exporter,
  { image, networks, limits }: { readonly image: string; readonly networks: Networks; readonly limits: Limits },
): ContainerSpec {
  const { part, port, command, env, mounts, files, outside } = exporter;
  const config = { volume: resourceName(place, `${part}-config`), path: configPath, readOnly: true };
  return {
    name: resourceName(place, part),
    image,
    command,
    env,
    user: `${exporterOwner.uid}:${exporterOwner.gid}`,
    mounts: [...mounts, ...(files.length > 0 ? [config] : [])],
    tmpfs: ["/tmp"],
    network: [
      { name: networks.private, aliases: [part] },
      ...(outside === true ? [{ name: networks.watch, aliases: [] }] : []),
    ],
    ...(outside === true && { hostGateway: true }),
    labels: labelsFor(place, part, "part"),
    limits,
    capabilities: [],
    health: {
      test: ["CMD", "wget", "-q", "-O", "/dev/null", `http://127.0.0.1:${port}/`],
      intervalSeconds: 30,
      timeoutSeconds: 5,
      startPeriodSeconds: 10,
      retries: 3,
    },
    restart: "unless-stopped",
    stopGraceSeconds: 10,
  };
}

/** Names of the two: the private one, and the one with a way out. */
export interface Networks {
  readonly private: string;
  readonly watch: string;
}
