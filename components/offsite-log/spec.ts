import { basename } from "node:path";
import { archiveMount, seriesPath as postgresLog, writtenNotes } from "../archive/spec.ts";
import {
  type ContainerSpec,
  type Health,
  type Limits,
  labelsFor,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { file, ownerOf } from "../files/spec.ts";
import { seriesPath as sqliteLog } from "../litestream/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { logBucket } from "./bucket.ts";

/** Where a stack's log goes off the host, and what opens it there. Plain data, without its secrets. */
export interface AwayLog {
  /** rclone's image. */
  readonly image: string;
  /** `slipway:offsite.url`, of S3. */
  readonly url: string;
  readonly keyId: string;
  readonly kind: "postgres" | "sqlite";
  /** Who owns the log on the host: `uid:gid`. */
  readonly user: string;
}

export interface AwaySecrets {
  /** Seals names and contents. */
  readonly password: string;
  readonly key: string;
}

/**
 * What the archive receives, copied into a bucket within seconds by rclone, encrypted on this side (names too). The archive is what waits while
 * nobody answers there: it is as large as its window, and nobody who writes waits for it.
 */
export interface OffsiteLogSpec {
  readonly away: AwayLog;
  readonly limits: Limits;
  /** How far back any moment can be restored from there. */
  readonly windowDays: number;
  /** Storage class of base backups and of SQLite's snapshots; the log itself is in STANDARD. */
  readonly baseClass: string;
}

export const offsiteLogPart = "offsite-log";
export const offsiteLogConfig = "offsite-log-config";
const configPath = "/etc/offsite-log";

/** What is sent of each kind's folder: what is whole and never changes. Of SQLite nothing of the level of single seconds, each of which would be a request to be paid for. */
const kinds = {
  postgres: {
    folder: postgresLog,
    files: "wal/([0-9A-F]{24}|[0-9A-F]{8}\\.history)|base/[0-9]{8}T[0-9]{6}Z/(start|base\\.tar\\.gz)",
    large: "/base\\.tar\\.gz$",
  },
  sqlite: { folder: sqliteLog, files: "replica/ltx/[1-9]/[0-9a-f]+-[0-9a-f]+\\.ltx", large: "/ltx/9/" },
} as const satisfies Readonly<Record<AwayLog["kind"], unknown>>;
const series = "[0-9]{8}T[0-9]{6}Z-g[0-9]+";

/** Where the archive has the log of this kind, on its volume. */
export function logFolder({ kind }: Pick<AwayLog, "kind">): string {
  return kinds[kind].folder;
}

/** Out alone: no other container is on it. */
export function offsiteLogNetwork(place: Place): string {
  return resourceName(place, offsiteLogPart);
}

/** Copies what the archive receives into the bucket, as offsite-log.sh says, and runs as the user who owns the log. */
export function offsiteLogContainer(place: Place, spec: OffsiteLogSpec): ContainerSpec {
  const { away, limits, windowDays, baseClass } = spec;
  const { files, large } = kinds[away.kind];
  return {
    name: resourceName(place, offsiteLogPart),
    image: away.image,
    entrypoint: ["sh", `${configPath}/offsite-log.sh`],
    command: [],
    env: {
      ...rcloneEnv,
      OFFSITE_ROOT: logFolder(away),
      OFFSITE_CONFIG: configPath,
      OFFSITE_FILES: `^${series}/(${files})$`,
      OFFSITE_LARGE: large,
      OFFSITE_CLASS: baseClass,
      OFFSITE_WINDOW_DAYS: String(windowDays),
    },
    user: away.user,
    mounts: [
      archiveMount(place),
      writtenNotes(place),
      { volume: resourceName(place, offsiteLogConfig), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [{ name: offsiteLogNetwork(place), aliases: [offsiteLogPart] }],
    labels: labelsFor(place, offsiteLogPart, "part"),
    limits,
    capabilities: [],
    health,
    restart: "unless-stopped",
    stopSignal: "SIGTERM",
    stopGraceSeconds: 10,
  };
}

/** That it goes round: a bucket that does not answer is no reason to restart anything, and has alerts of its own. */
const health: Health = {
  test: ["CMD-SHELL", "find /tmp/looked -mmin -10 | grep -q ."],
  intervalSeconds: 60,
  timeoutSeconds: 5,
  startPeriodSeconds: 60,
  retries: 3,
};

/** rclone's options, the same for who sends and who fetches. What fails is tried again by whoever asked. */
export const rcloneEnv = {
  RCLONE_CONFIG: "/tmp/rclone.conf",
  RCLONE_CACHE_DIR: "/tmp/rclone",
  RCLONE_LOG_LEVEL: "ERROR",
  RCLONE_RETRIES: "1",
  RCLONE_LOW_LEVEL_RETRIES: "2",
  RCLONE_CONTIMEOUT: "10s",
  RCLONE_TIMEOUT: "30s",
  // What is larger than this is sent in pieces, each held in memory.
  RCLONE_S3_CHUNK_SIZE: "16M",
  RCLONE_S3_UPLOAD_CONCURRENCY: "2",
} as const;

/** rclone's config but for the last line, the password as rclone itself writes it. */
export function rcloneConfig({ url, keyId, kind }: AwayLog, key: string, stack: string): string {
  const { provider, endpoint, region, path } = logBucket(url, stack);
  return [
    "[bucket]",
    "type = s3",
    `provider = ${provider}`,
    `endpoint = ${endpoint}`,
    ...(region === undefined ? [] : [`region = ${region}`]),
    `access_key_id = ${keyId}`,
    `secret_access_key = ${key}`,
    // Else it would ask whether the bucket is there, and may have no right to.
    "no_check_bucket = true",
    "[sealed]",
    "type = crypt",
    `remote = bucket:${path}/${basename(kinds[kind].folder)}`,
    "",
  ].join("\n");
}

/** @param script the text of offsite-log.sh */
export function offsiteLogFiles(
  { stack }: Pick<Place, "stack">,
  away: AwayLog,
  { password, key }: AwaySecrets,
  script: string,
): readonly FileEntry[] {
  const owner = ownerOf(away.user);
  return [
    file("offsite-log.sh", script, owner),
    file("rclone.conf", rcloneConfig(away, key, stack), owner, 0o400),
    file("password", `${password}\n`, owner, 0o400),
  ];
}
