import { z } from "zod";
import { type KnownSet, purposeOf } from "../backup/manifest.ts";
import { backupPath, type Commands, setsPath, verifySet } from "../backup/spec.ts";
import type { Command } from "../steps/runner.ts";
import type { SessionRequest } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";

/** Where copies of a stack's sets go. Plain data, without its secrets. */
export interface Repository {
  /** restic's image. */
  readonly image: string;
  /** As restic takes it: `s3:https://...`, `rest:https://...`, `sftp://...`. */
  readonly url: string;
  readonly keyId: string;
  /** Of S3's. @default the bucket's own */
  readonly storageClass?: string;
  /** Of SFTP: lines of known_hosts. */
  readonly knownHosts?: string;
  readonly keep: { readonly daily: number; readonly weekly: number; readonly monthly: number };
}

export interface RepositorySecrets {
  readonly password: string;
  readonly key: string;
  /** Of SFTP. */
  readonly sshKey?: string;
}

/** How a copy is told from others in a repository that several stacks may share. */
const mark = "slipway-set";

/**
 * A session that reads the sets, whoever owns them, and reaches the repository; nothing else of the stack is in it. restic keeps no cache: the
 * next session would not see it.
 */
export function offsiteRequest(
  repository: Repository,
  secrets: RepositorySecrets,
  backupVolume: string,
): SessionRequest {
  const { image, url, keyId } = repository;
  return {
    image,
    user: "0:0",
    env: {
      RESTIC_REPOSITORY: url,
      RESTIC_PASSWORD: secrets.password,
      ...credentials(url, keyId, secrets.key),
      ...resticOptions(repository),
    },
    mounts: [{ volume: backupVolume, path: backupPath }],
    // Docker's own bridge: the one network here that leads out and to no container of ours.
    network: [{ name: "bridge", aliases: [] }],
    hostGateway: true,
    memoryMb: 1024,
    capabilities: ["CHOWN", "DAC_OVERRIDE", "FOWNER"],
  };
}

function credentials(url: string, keyId: string, key: string): Readonly<Record<string, string>> {
  if (keyId === "") return {};
  return url.startsWith("s3:")
    ? { AWS_ACCESS_KEY_ID: keyId, AWS_SECRET_ACCESS_KEY: key }
    : { RESTIC_REST_USERNAME: keyId, RESTIC_REST_PASSWORD: key };
}

/** What restic takes as options alone, each without a space in it. */
const optionsVariable = "SLIPWAY_RESTIC_OPTIONS";
/** What it gives ssh, with spaces. */
const sshVariable = "SLIPWAY_SSH_OPTIONS";
const restic = `restic --no-cache --quiet \${${optionsVariable}:-} \${${sshVariable}:+-o "sftp.args=$${sshVariable}"}`;

const sshFolder = "/tmp/ssh";
/** What ssh says: restic passes its lines on, but ends before the last of them when ssh ends, and those are the reason. */
const sshSaid = `${sshFolder}/said`;
const resticScript = (...lines: readonly string[]) =>
  script(`trap 'if [ $? != 0 ] && [ -f ${sshSaid} ]; then cat ${sshSaid} >&2; fi' EXIT`, ...lines);

function resticOptions({ url, storageClass }: Repository): Readonly<Record<string, string>> {
  return {
    ...(storageClass === undefined ? {} : { [optionsVariable]: `-o s3.storage-class=${storageClass}` }),
    ...(url.startsWith("sftp:") ? { [sshVariable]: `-F ${sshFolder}/config -E ${sshSaid}` } : {}),
  };
}

/**
 * What OpenSSH reads, with which restic speaks SFTP: this key alone, this host's key alone, and nobody is asked anything. By the environment of one
 * command, which no list of processes shows, onto what is in memory alone.
 */
export function sshFiles({ knownHosts }: Repository, { sshKey }: RepositorySecrets): Command | undefined {
  if (sshKey === undefined || knownHosts === undefined) return undefined;
  const config = [
    "Host *",
    `  IdentityFile ${sshFolder}/key`,
    "  IdentitiesOnly yes",
    `  UserKnownHostsFile ${sshFolder}/known_hosts`,
    "  StrictHostKeyChecking yes",
    "  BatchMode yes",
    "  ConnectTimeout 15",
    "  ServerAliveInterval 15",
  ];
  return {
    argv: script(
      "umask 077",
      `mkdir -p ${sshFolder}`,
      `printf %s "$SLIPWAY_SSH_CONFIG" > ${sshFolder}/config`,
      `printf %s "$SLIPWAY_SSH_HOSTS" > ${sshFolder}/known_hosts`,
      `printf %s "$SLIPWAY_SSH_KEY" > ${sshFolder}/key`,
    ),
    env: {
      SLIPWAY_SSH_CONFIG: asLines(config.join("\n")),
      SLIPWAY_SSH_HOSTS: asLines(knownHosts),
      SLIPWAY_SSH_KEY: asLines(sshKey),
    },
  };
}

/** As the tools want it: a key whose last line has no end is refused, and one of a Windows clipboard as well. */
function asLines(text: string): string {
  return `${text.replaceAll("\r", "").trim()}\n`;
}
/** restic itself asks for a quarter of an hour, which is right while it copies and too long for finding out that nobody is there. */
const answerSeconds = 45;

/** Asks whether the repository answers; `code` is restic's own exit code: 10 when there is none yet. */
const opened = [
  "code=0",
  `timeout ${answerSeconds} ${restic} cat config > /dev/null 2> /tmp/why || code=$?`,
  `if [ "$code" = 124 ] || [ "$code" = 143 ]; then echo 'nobody answered within ${answerSeconds} s' >> /tmp/why; fi`,
];
const refused = 'then cat /tmp/why >&2; exit "$code"; fi';

/** Copies a set and reads back that it is there; makes the repository at the first time (exit code 10: there is none). */
export function copySet(stack: string, set: KnownMoment): Commands {
  return [
    resticScript(
      ...opened,
      'if [ "$code" = 10 ]; then',
      `  ${restic} init`,
      `elif [ "$code" != 0 ]; ${refused}`,
      // A lock of a session that was killed; one that is in use is younger than restic takes for stale.
      `${restic} unlock`,
      `cd ${setsPath}`,
      `${restic} backup --host ${quote(stack)} --time ${quote(resticTime(set.ended))} --tag ${mark} --tag ${quote(`set=${set.name}`)} --tag ${quote(`ended=${set.ended.toISOString()}`)} ${quote(set.name)}`,
      `${restic} snapshots --host ${quote(stack)} --tag ${quote(`${mark},set=${set.name}`)} --json`,
    ),
  ];
}

/** Of the set and not of its copying, by the clock that named the set; restic has no zone in it, and its image none but UTC. */
function resticTime(time: Date): string {
  return time.toISOString().replace("T", " ").slice(0, 19);
}

export type KnownMoment = Pick<KnownSet, "name" | "ended">;

/** Copies older than the retention are forgotten, and what only they held is removed. Never the newest. */
export function thinOut(stack: string, { daily, weekly, monthly }: Repository["keep"]): Commands {
  const kept = [`--keep-daily ${daily}`, `--keep-weekly ${weekly}`, `--keep-monthly ${monthly}`];
  return [
    resticScript(
      `${restic} forget --host ${quote(stack)} --tag ${mark} --group-by host --keep-last 1 ${kept.filter((each) => !each.endsWith(" 0")).join(" ")} --prune`,
    ),
  ];
}

/** JSON of restic's snapshots of this stack's sets, `[]` while there is no repository yet; `parseCopies` reads it. */
export function listCopies(stack: string): Commands {
  return [
    resticScript(
      ...opened,
      'if [ "$code" = 10 ]; then echo "[]"; exit 0; fi',
      `if [ "$code" != 0 ]; ${refused}`,
      `${restic} snapshots --host ${quote(stack)} --tag ${mark} --json`,
    ),
  ];
}

/** A set back among the others: under its name last, when every byte of it is as its checksums say. */
export function fetchCopy({ snapshot, name }: Copy): Commands {
  const part = `${setsPath}/${name}.part`;
  return [
    resticScript(
      `rm -rf ${quote(part)}`,
      `mkdir -p ${quote(part)}`,
      `${restic} restore ${quote(`${snapshot}:/${name}`)} --target ${quote(part)}`,
      `chown --reference=${setsPath} ${quote(part)}`,
      ...verifySet(`${name}.part`),
      `mv -T ${quote(part)} ${quote(`${setsPath}/${name}`)}`,
    ),
  ];
}

/** A set's copy in the repository. */
export interface Copy extends KnownMoment {
  readonly snapshot: string;
  readonly purpose: string;
}

const snapshots = z.array(z.object({ id: z.string(), tags: z.array(z.string()).default([]) })).nullable();

/** Reads what `restic snapshots --json` prints; the newest copy of each set, oldest set first. */
export function parseCopies(output: string): readonly Copy[] {
  const found = (snapshots.parse(JSON.parse(output)) ?? []).flatMap(({ id, tags }) => {
    const name = tagged(tags, "set");
    const ended = new Date(tagged(tags, "ended") ?? "");
    if (name === undefined || Number.isNaN(ended.getTime())) return [];
    return [{ snapshot: id, name, purpose: purposeOf(name), ended }];
  });
  return [...new Map(found.map((copy) => [copy.name, copy])).values()].sort(
    (a, b) => a.ended.getTime() - b.ended.getTime(),
  );
}

function tagged(tags: readonly string[], name: string): string | undefined {
  return tags.find((tag) => tag.startsWith(`${name}=`))?.slice(name.length + 1);
}
