import {
  type ContainerSpec,
  type Health,
  type Limits,
  labelsFor,
  type Place,
  resourceName,
} from "../container/spec.ts";
import { file } from "../files/spec.ts";
import type { FileEntry } from "../steps/runner.ts";
import { dataPart } from "../volumes/spec.ts";

/** Redis 7 or newer with AOF and a password, reachable on the private network only (guide 000, "4.2 docker-compose.yml"). */
export interface RedisSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
}

export const redisAlias = "redis";
export const redisPort = 6379;
const owner = { uid: 999, gid: 999 };
const configPath = "/usr/local/etc/redis";
/** In its container; holds the password alone. */
export const redisPasswordFile = `${configPath}/password`;

/** Guide 000: interval 10 s, time-out 3 s, 3 retries. `ping` exits 0 on NOAUTH too: only PONG is an answer. */
const health: Health = {
  test: ["CMD-SHELL", `REDISCLI_AUTH="$(cat ${redisPasswordFile})" redis-cli ping | grep -qx PONG`],
  intervalSeconds: 10,
  timeoutSeconds: 3,
  startPeriodSeconds: 0,
  retries: 3,
};

export function redisContainer(place: Place, spec: RedisSpec): ContainerSpec {
  return {
    name: resourceName(place, "redis"),
    image: spec.image,
    command: ["redis-server", `${configPath}/redis.conf`],
    env: {},
    user: `${owner.uid}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, dataPart(place, "redis-data")), path: "/data" },
      { volume: resourceName(place, "redis-config"), path: configPath, readOnly: true },
    ],
    tmpfs: ["/tmp"],
    network: [{ name: spec.network, aliases: [redisAlias] }],
    labels: labelsFor(place, "redis", "part"),
    limits: spec.limits,
    capabilities: [],
    health,
    restart: "unless-stopped",
    stopGraceSeconds: 30,
  };
}

/** The config, with the password in it: a file that its user alone reads, so that no process list or inspect shows it. */
export function redisFiles(spec: RedisSpec, password: string): readonly FileEntry[] {
  return [file("redis.conf", redisConfig(spec, password), owner, 0o400), file("password", password, owner, 0o400)];
}

/** noeviction: what is stored is told when it no longer fits, never dropped. A quarter of the memory is left for forks and buffers. */
export function redisConfig(spec: RedisSpec, password: string): string {
  return [
    "bind * -::*",
    "protected-mode yes",
    `port ${redisPort}`,
    "dir /data",
    "appendonly yes",
    "appendfsync everysec",
    `maxmemory ${Math.floor(spec.limits.memoryMb * 0.75)}mb`,
    "maxmemory-policy noeviction",
    `requirepass "${password}"`,
    "",
  ].join("\n");
}

export function redisUrl(password: string): string {
  return `redis://:${encodeURIComponent(password)}@${redisAlias}:${redisPort}/0`;
}
