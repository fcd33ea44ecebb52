import { isIPv4 } from "node:net";
import type { z } from "zod";
import { choice, flag, integer, list, text } from "../options/kinds.ts";
import { optional, section, withDefault } from "../options/option.ts";
import { everywhere, inProduction, type Rule } from "../options/rule.ts";
import { managedOptions } from "./managed.options.ts";

const shape = {
  ...choice(["host", "managed"]),
  allowed:
    "host: one EC2 instance that is a Docker host; managed: RDS, ElastiCache, ECS on Fargate, for systems on PostgreSQL",
};

const region = text((value) => /^[a-z]{2}(-[a-z]+)+-\d$/.test(value), {
  allowed: "an AWS region such as eu-central-1",
  example: "eu-central-1",
});

const instanceType = text(
  (value) => /^(?:t3a?|m[5-7]i|m[5-7]a|c[5-7]i|c[5-7]a|r[5-7]i|r[5-7]a|m5|c5|r5)\.\w+$/.test(value),
  {
    allowed: "a type of x86-64 on Nitro, such as t3.large, m6i.xlarge, c6i.2xlarge",
    example: "c6i.xlarge",
  },
);

const sshKey = text(
  (value) =>
    /^(ssh-ed25519|ecdsa-sha2-nistp\d+|sk-ssh-ed25519@openssh\.com|ssh-rsa) [A-Za-z0-9+/=]+( [\w@.-]+)?$/.test(value),
  {
    allowed: "a public key as ~/.ssh/id_ed25519.pub has it",
    example: "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa deploy@example.org",
    ask: "<line of ~/.ssh/id_ed25519.pub>",
  },
);

const identifier = (prefix: string) =>
  text((value) => new RegExp(`^${prefix}-[0-9a-f]{8,17}$`).test(value), {
    allowed: `an id such as ${prefix}-0123456789abcdef0`,
    example: `${prefix}-0123456789abcdef0`,
  });

const zone = text((value) => /^Z[A-Z0-9]{4,31}$/.test(value), {
  allowed: "the id of a public hosted zone of Route 53, such as Z0123456789ABCDEFGHIJ",
  example: "Z0123456789ABCDEFGHIJ",
});

const email = text((value) => /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(value), {
  allowed: "an e-mail address",
  example: "operator@example.org",
});

/** The second address range of a /16 is the subnet, so it must be one. */
const cidr = text((value) => isPrivate16(value), {
  allowed: "a private network of /16 such as 10.20.0.0/16",
  example: "10.20.0.0/16",
});

/** What `slipway:platform: aws` needs beside the rest of the config; see docs/aws.md. */
export const awsOptions = section({
  shape: withDefault("What is made of AWS.", shape, "host"),
  region: optional("Where.", region, "none; wanted with platform aws"),
  availabilityZone: withDefault(
    "The region's zone that the host and its data are in: a letter.",
    text((value) => /^[a-f]$/.test(value), { allowed: "a letter from a to f", example: "a" }),
    "a",
  ),
  instanceType: optional("EC2 type of the host.", instanceType, "of the tier: t3.medium, c6i.xlarge, c6i.2xlarge"),
  dataGb: optional(
    "Size of the encrypted data volume; it can grow, not shrink.",
    integer(20, 16_000, "GB", 100),
    "of the tier: 30, 60, 120",
  ),
  sshKeys: optional(
    "Public keys that may log in, through SSM alone: no port is open for it.",
    list(sshKey, "a list of public keys"),
    "none; wanted with platform aws",
  ),
  vpc: section({
    cidr: withDefault("Addresses of a VPC of its own.", cidr, "10.20.0.0/16"),
    id: optional("A VPC that is there already.", identifier("vpc"), "one of its own is made"),
    subnet: optional(
      "Its public subnet, in the zone of aws.availabilityZone.",
      identifier("subnet"),
      "none; wanted with aws.vpc.id",
    ),
  }),
  zone: optional(
    "Hosted zone in which the system's host names are made.",
    zone,
    "none: you point the names to the address",
  ),
  alarmEmail: optional(
    "Who hears of alarms and of the budget; AWS asks once whether they want to.",
    email,
    "none; production wants one",
  ),
  budgetUsd: optional(
    "US dollars a month above which AWS writes an e-mail, at 80 % too.",
    integer(1, 100_000, "US dollars", 200),
    "of the tier: 60, 180, 340; of shape managed 400, 850, 1750",
  ),
  ...managedOptions,
  snapshots: section({
    keep: withDefault("Daily snapshots of the data volume that are kept.", integer(1, 365, "snapshots", 14), 14),
  }),
  backup: section({
    bucket: withDefault("Whether there is a bucket for copies of backup sets (slipway:offsite).", flag, true),
    lockDays: withDefault(
      "Days in which nobody, not even the account's root, deletes what was written there; 0 is no lock. It cannot be taken back.",
      integer(0, 3650, "days", 30),
      0,
    ),
    keepDays: withDefault(
      "Days for which what was deleted or overwritten there is kept.",
      integer(1, 3650, "days", 90),
      90,
    ),
  }),
  logDays: withDefault(
    "Days for which CloudWatch keeps the host's logs.",
    { ...integer(1, 3653, "days", 30), allowed: "1, 3, 5, 7, 14, 30, 60, 90, 180 or 365, which are CloudWatch's own" },
    30,
  ),
});

export type AwsInput = z.output<typeof awsOptions>;

const logRetentions: readonly number[] = [1, 3, 5, 7, 14, 30, 60, 90, 180, 365];

interface OnAws {
  readonly platform: string;
  readonly aws: AwsInput;
  readonly host?: string | undefined;
  readonly environment: string;
}

const isAws = ({ platform }: OnAws) => platform === "aws";
const isHost = ({ aws }: OnAws) => aws.shape === "host";

/** A rule that holds on AWS alone. */
function onAws(rule: Rule<OnAws>): Rule<OnAws> {
  return { ...rule, breaks: (whole) => (isAws(whole) ? rule.breaks(whole) : []) };
}

function onHost(rule: Rule<OnAws>): Rule<OnAws> {
  return { ...rule, breaks: (whole) => (isHost(whole) ? rule.breaks(whole) : []) };
}

function wanted(key: "region" | "sshKeys" | "alarmEmail", allowed: string, where = everywhere): Rule<OnAws> {
  return onAws({ in: where, allowed, breaks: ({ aws }) => (aws[key]?.length ? [] : [["aws", key]]) });
}

export const awsRules: readonly Rule<OnAws>[] = [
  wanted("region", "with platform aws a region such as eu-central-1"),
  onHost(
    wanted("sshKeys", "with platform aws at least one public key: it is how Slipway reaches the host, through SSM"),
  ),
  wanted("alarmEmail", "in production on AWS an address that hears of alarms and the budget", inProduction),
  onAws({
    in: everywhere,
    allowed: "with aws.vpc.id a public subnet of that VPC",
    breaks: ({ aws: { vpc } }) => (vpc.id !== undefined && vpc.subnet === undefined ? [["aws", "vpc", "subnet"]] : []),
  }),
  onAws({
    in: everywhere,
    allowed: "only with aws.vpc.id",
    breaks: ({ aws: { vpc } }) => (vpc.id === undefined && vpc.subnet !== undefined ? [["aws", "vpc", "subnet"]] : []),
    remedy: (_, broken) => [{ remove: broken }],
  }),
  onAws({
    in: everywhere,
    allowed: "1, 3, 5, 7, 14, 30, 60, 90, 180 or 365, which are CloudWatch's own",
    breaks: ({ aws: { logDays } }) => (logRetentions.includes(logDays) ? [] : [["aws", "logDays"]]),
    remedy: () => [{ set: ["aws", "logDays"], to: 30 }],
  }),
  onHost(
    onAws({
      in: everywhere,
      allowed: "the address of the host that `npm run host` makes and writes here",
      breaks: ({ host }) => (host?.startsWith("ssh://") ? [] : [["host"]]),
      remedy: () => [{ run: "npm run host" }],
    }),
  ),
];

function isPrivate16(value: string): boolean {
  const [address = "", prefix] = value.split("/");
  const [first, second] = address.split(".").map(Number);
  if (!isIPv4(address) || prefix !== "16" || !address.endsWith(".0.0")) return false;
  return (
    first === 10 || (first === 192 && second === 168) || (first === 172 && (second ?? 0) >= 16 && (second ?? 0) < 32)
  );
}
