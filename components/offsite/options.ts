import type { z } from "zod";
import { choice, flag, integer, secretText, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";
import { everywhere, type Rule } from "../options/rule.ts";

const isSftp = (url: string | undefined) => url?.startsWith("sftp:") ?? false;

/** The kinds of restic's that need nothing beside a key: S3 and whatever speaks it, restic's own server, any machine with an ssh server. */
const repositoryUrl = text(
  (value) => /^((s3|rest):https?:\/\/[^\s@?#]+|sftp:\/\/\w[\w.-]*@\w[\w.-]*(:\d{1,5})?\/[^\s@?#]+)$/.test(value),
  {
    allowed:
      "a restic repository: s3:https://HOST/BUCKET[/PATH] or rest:https://HOST/PATH without a user in it, or sftp://USER@HOST[:PORT]/PATH, where PATH begins with another / when it is not below the user's home",
    example: "s3:https://s3.eu-central-1.amazonaws.com/acme-backups/tmws",
  },
);

const password = secretText((value) => value.length >= 16 && !/[\0\n]/.test(value), {
  allowed:
    "a text of 16 characters or more; keep it where neither the host nor the state is: without it no copy can be read",
  example: "a9Q2vX7mL4tR8wZ1",
  ask: "<password of the repository>",
});

const key = secretText((value) => /^\S{3,}$/.test(value), {
  allowed: "what the provider calls the secret access key; of restic's own server the password",
  example: "wJalrXUtnFEMI/K7MDENG",
  ask: "<secret key>",
});

const keyId = text((value) => /^[^\s:]{3,}$/.test(value), {
  allowed: "what the provider calls the access key id; of restic's own server the user",
  example: "AKIAIOSFODNN7EXAMPLE",
});

const sshKey = secretText((value) => /^\s*-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(value), {
  allowed: "a private key as `ssh-keygen -t ed25519 -N ''` writes it, not encrypted",
  example: "-----BEGIN OPENSSH PRIVATE KEY-----",
  ask: "<private key>",
});

const knownHosts = text(
  (value) =>
    value.split("\n").every((line) => /^(\s*|\S+ (ssh|ecdsa|sk)-\S+ AAAA\S+( .*)?)$/.test(line)) && /\S/.test(value),
  {
    allowed: "lines of known_hosts: `ssh-keyscan -p PORT HOST`, compared with the host's own key",
    example: "backups.example.org ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIB0000000000000000000000000000000000000000000",
  },
);

/** Copies of backup sets off the host, encrypted and deduplicated by restic. */
export const offsiteOptions = section({
  url: optional("Where copies of the backup sets go.", repositoryUrl, "none: sets are on the host alone"),
  password: optional("Encrypts the copies.", password, "none; wanted with offsite.url"),
  keyId: optional("Who writes there.", keyId, "none"),
  key: optional("The key of offsite.keyId.", key, "none"),
  sshKey: optional("Who writes there by SFTP.", sshKey, "none; wanted with an sftp url"),
  knownHosts: optional("The SFTP host's own key; another one is refused.", knownHosts, "none; wanted with an sftp url"),
  storageClass: optional(
    "Storage class of what is written to S3. What can be read at once alone: a restore waits for no archive.",
    choice(["STANDARD", "STANDARD_IA", "ONEZONE_IA", "INTELLIGENT_TIERING", "GLACIER_IR"], "STANDARD_IA"),
    "the bucket's own",
  ),
  beforeRelease: withDefault("Whether a release begins only when its backup point is off the host.", flag, true),
  // Guide 001, "Daily Automated Backup": 30 days.
  keepDaily: withDefault("Days of which the last copy is kept.", integer(1, 3650, "days", 30), 30),
  keepWeekly: withDefault("Weeks of which the last copy is kept.", integer(0, 520, "weeks", 8), 0),
  keepMonthly: withDefault("Months of which the last copy is kept.", integer(0, 120, "months", 12), 0),
});

type Offsite = z.output<typeof offsiteOptions>;

const isLoopback = (url: string) => /^(s3|rest):http:\/\/(localhost|127\.0\.0\.1)[:/]/.test(url);

export const offsiteRules: readonly Rule<Offsite>[] = [
  {
    in: everywhere,
    allowed: "with offsite.url the password that encrypts the copies",
    breaks: ({ url, password: given }) => (url !== undefined && given === undefined ? [["password"]] : []),
  },
  {
    in: everywhere,
    allowed: "with offsite.keyId its key",
    breaks: ({ keyId: id, key: given }) => (id !== undefined && given === undefined ? [["key"]] : []),
  },
  {
    in: everywhere,
    allowed: "with an sftp url the key that is let in, and the host's own in known_hosts",
    breaks: ({ url, sshKey: given, knownHosts: known }) =>
      isSftp(url)
        ? [...(given === undefined ? [["sshKey"]] : []), ...(known === undefined ? [["knownHosts"]] : [])]
        : [],
  },
  {
    in: everywhere,
    allowed: "none with an sftp url: its user is in the url, and its key is offsite.sshKey",
    breaks: ({ url, keyId: id }) => (isSftp(url) && id !== undefined ? [["keyId"]] : []),
    remedy: () => [{ remove: ["keyId"] }],
  },
  {
    in: everywhere,
    allowed: "none but with an s3 url: nothing else has classes",
    breaks: ({ url, storageClass }) =>
      storageClass !== undefined && url !== undefined && !url.startsWith("s3:") ? [["storageClass"]] : [],
    remedy: () => [{ remove: ["storageClass"] }],
  },
  {
    in: ["staging", "production"],
    allowed: "https: the key of the repository goes with each request",
    breaks: ({ url }) => (url !== undefined && /^\w+:http:/.test(url) && !isLoopback(url) ? [["url"]] : []),
  },
];
