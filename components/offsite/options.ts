import type { z } from "zod";
import { flag, integer, secretText, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";
import { everywhere, type Rule } from "../options/rule.ts";

/** The kinds of restic's that need nothing beside a key: S3 and whatever speaks it, and restic's own server. */
const repositoryUrl = text((value) => /^(s3|rest):https?:\/\/[^\s@?#]+$/.test(value), {
  allowed: "a restic repository, s3:https://HOST/BUCKET[/PATH] or rest:https://HOST/PATH, without a user in it",
  example: "s3:https://s3.eu-central-1.amazonaws.com/acme-backups/tmws",
});

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

/** Copies of backup sets off the host, encrypted and deduplicated by restic. */
export const offsiteOptions = section({
  url: optional("Where copies of the backup sets go.", repositoryUrl, "none: sets are on the host alone"),
  password: optional("Encrypts the copies.", password, "none; wanted with offsite.url"),
  keyId: optional("Who writes there.", keyId, "none"),
  key: optional("The key of offsite.keyId.", key, "none"),
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
    in: ["staging", "production"],
    allowed: "https: the key of the repository goes with each request",
    breaks: ({ url }) => (url !== undefined && /^\w+:http:/.test(url) && !isLoopback(url) ? [["url"]] : []),
  },
];
