import { createHash, createHmac } from "node:crypto";
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

/** Redis 7 or newer with AOF and users, reachable on the private network only (guide 000, "4.2 docker-compose.yml"). */
export interface RedisSpec {
  readonly image: string;
  readonly network: string;
  readonly limits: Limits;
  /** The product knows a password and no user (guide 003, REDIS_PASSWORD): the default user is the app then. @default false */
  readonly passwordOnly?: boolean;
  /** An exporter comes in, by a user of its own. @default false */
  readonly watched?: boolean;
}

export const redisAlias = "redis";
export const redisPort = 6379;
const owner = { uid: 999, gid: 999 };
export const configVolume = "redis-config";
const configPath = "/usr/local/etc/redis";
/** In its container; holds the operator's password alone. */
export const redisPasswordFile = `${configPath}/password`;
/** Below its config's folder; see `redisUsers`. */
export const redisUsersFile = "users.acl";
/** Reads and writes data; may not look at or change the server, nor empty it. */
export const redisAppUser = "app";
/** May ask how the server is, and nothing else: it sees no key. */
export const redisExporterUser = "exporter";
/** For health, and for people by `npm run exec -- redis redis-cli`. */
export const redisOperator = "operator";
export const redisOperatorCli = ["redis-cli", "--user", redisOperator] as const;

/** Guide 000: interval 10 s, time-out 3 s, 3 retries. `ping` exits 0 on NOAUTH too: only PONG is an answer. */
const health: Health = {
  test: ["CMD-SHELL", `REDISCLI_AUTH="$(cat ${redisPasswordFile})" ${redisOperatorCli.join(" ")} ping | grep -qx PONG`],
  intervalSeconds: 10,
  timeoutSeconds: 3,
  startPeriodSeconds: 0,
  retries: 3,
};

/** Redis on a Docker host: its config from a volume, its passwords from files, on the private network alone. */
export function redisContainer(place: Place, spec: RedisSpec): ContainerSpec {
  return {
    name: resourceName(place, "redis"),
    image: spec.image,
    command: ["redis-server", `${configPath}/redis.conf`],
    env: {},
    user: `${owner.uid}:${owner.gid}`,
    mounts: [
      { volume: resourceName(place, dataPart(place, "redis-data")), path: "/data" },
      { volume: resourceName(place, configVolume), path: configPath, readOnly: true },
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

/** What the server reads at its start: changed files restart it. */
export function redisFiles(spec: RedisSpec): readonly FileEntry[] {
  return [file("redis.conf", redisConfig(spec), owner)];
}

/** Files that its user alone reads, so that no process list or inspect shows them. Changed ones restart nothing: see users.step.ts. */
export function redisSecretFiles(spec: RedisSpec, passwords: RedisPasswords): readonly FileEntry[] {
  const app = [passwordHash(passwords.app)];
  return [file("password", passwords.operator, owner, 0o400), usersFile(redisUsers(spec, passwords.operator, app))];
}

/** The ACL file with these users, readable by Redis alone. */
export function usersFile(users: string): FileEntry {
  return file(redisUsersFile, users, owner, 0o400);
}

export interface RedisPasswords {
  readonly operator: string;
  readonly app: string;
}

/** As Redis keeps it. Its passwords are long and random, so that a hash without salt tells nothing. */
export function passwordHash(password: string): string {
  return createHash("sha256").update(password).digest("hex");
}

/** Of a generated one, so that a stack which is watched no longer keeps none: a generated one would be protected. */
export function redisExporterPassword(operator: string): string {
  return createHmac("sha256", operator).update(redisExporterUser).digest("hex");
}

/**
 * users.acl: what the app may do is data; everything about the server (FLUSHALL, CONFIG, DEBUG, KEYS, SAVE, SHUTDOWN, MONITOR, ACL...) is off for it
 * but INFO, which products ask for their own health. @param app hashes of its passwords: two while a release changes them
 */
export function redisUsers(
  { passwordOnly, watched }: Pick<RedisSpec, "passwordOnly" | "watched">,
  operator: string,
  app: readonly string[],
) {
  const rights = `on ${app.map((hash) => `#${hash}`).join(" ")} ~* &* +@all -@admin -@dangerous +info`;
  return [
    // Nobody can come in as the default user, whose rights the server itself uses when it reads its log at a start: (m) without them it leaves out
    // every transaction, silently.
    passwordOnly === true ? `user default reset ${rights}` : "user default reset off ~* &* +@all",
    `user ${redisOperator} reset on #${passwordHash(operator)} ~* &* +@all`,
    `user ${redisAppUser} reset ${rights}`,
    ...(watched === true ? [exporterUser(redisExporterPassword(operator))] : []),
    "",
  ].join("\n");
}

function exporterUser(password: string): string {
  return `user ${redisExporterUser} reset on #${passwordHash(password)} +info +ping +client|setname`;
}

/** noeviction: what is stored is told when it no longer fits, never dropped. A quarter of the memory is left for forks and buffers. */
export function redisConfig(spec: RedisSpec): string {
  return [
    "bind * -::*",
    "protected-mode yes",
    `port ${redisPort}`,
    "dir /data",
    "appendonly yes",
    "appendfsync everysec",
    `maxmemory ${Math.floor(spec.limits.memoryMb * 0.75)}mb`,
    "maxmemory-policy noeviction",
    `aclfile ${configPath}/${redisUsersFile}`,
    "",
  ].join("\n");
}

/** As the app gets it. */
export function redisUrl(
  password: string,
  { passwordOnly }: Pick<RedisSpec, "passwordOnly"> = {},
  host: string = redisAlias,
): string {
  const user = passwordOnly === true ? "" : redisAppUser;
  return `redis://${user}:${encodeURIComponent(password)}@${host}:${redisPort}/0`;
}
