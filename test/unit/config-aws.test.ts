import { describe, expect, test } from "vitest";
import { withHostToCome } from "../../infra/config/host-to-come.ts";
import { readSettings } from "../../infra/config/read.ts";
import { changed, expected, problemsOf, rawOf } from "./config-fixture.ts";

const key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa deploy@acme.dev";
const aws = {
  platform: "aws",
  host: "ssh://slipway@slipway-production",
  aws: { region: "eu-central-1", sshKeys: [key], alarmEmail: "ops@acme.dev" },
};
const problems = (changes: Readonly<Record<string, unknown>>) =>
  problemsOf(rawOf("production", changed("production", { ...aws, ...changes })));

test("a whole one is taken", () => {
  expect(problems({})).toEqual([]);
});

test("without its host it is refused with the command that makes one", () => {
  expect(problems({ host: undefined })).toEqual([
    {
      path: "slipway:host",
      value: "(not set)",
      allowed: "the address of the host that `npm run host` makes and writes here",
      mend: "npm run host -- --stack production",
    },
  ]);
});

test("shape managed wants neither a host nor keys for one", () => {
  const managed = { aws: { region: "eu-central-1", alarmEmail: "ops@acme.dev", shape: "managed" }, host: undefined };
  expect(problems(managed)).toEqual([]);
});

test("what AWS needs is wanted there, and nowhere else", () => {
  expect(problems({ aws: undefined }).map(({ path }) => path)).toEqual([
    "slipway:aws.region",
    "slipway:aws.sshKeys",
    "slipway:aws.alarmEmail",
  ]);
  expect(problemsOf(rawOf("production", changed("production", {})))).toEqual([]);
});

describe("refused", () => {
  const wrong = (path: string, value: unknown) => problems({ [path]: value })[0];
  test("a shape that is none, in a clear sentence", () => {
    expect(wrong("aws.shape", "serverless")).toEqual(
      expected(
        "production",
        "aws.shape",
        "serverless",
        "host: one EC2 instance that is a Docker host; managed: RDS, ElastiCache, ECS on Fargate, for systems on PostgreSQL",
        "set host",
      ),
    );
  });
  test("a VPC without its subnet, and the other way round", () => {
    expect(wrong("aws.vpc", { id: "vpc-0123456789abcdef0" })?.path).toBe("slipway:aws.vpc.subnet");
    expect(wrong("aws.vpc", { subnet: "subnet-0123456789abcdef0" })?.mend).toBe(
      "pulumi config rm --path 'slipway:aws.vpc.subnet' --stack production",
    );
  });
  test.each([
    ["aws.region", "Frankfurt"],
    ["aws.instanceType", "t4g.medium"],
    ["aws.vpc.cidr", "8.8.0.0/16"],
    ["aws.zone", "acme.dev"],
    ["aws.logDays", 31],
    ["aws.dataGb", 5],
    ["aws.certificate", "arn:aws:acm:eu-central-1:1:certificate/x"],
    ["aws.databaseClass", "m7g.large"],
    ["aws.parts", "parts:latest"],
    ["aws.restoreTime", "yesterday"],
    ["aws.restoreTime", "2026-13-01T10:00:00Z"],
    ["aws.restoreSnapshot", "-x"],
    ["aws.databaseGb", 5],
    ["aws.cacheType", "t4g.small"],
  ])("%s %s", (path, value) => {
    expect(wrong(path, value)?.path).toBe(`slipway:${path}`);
  });
});

test("a host that is to come: its address, images and image are not asked for, all else is", () => {
  const { values, ...raw } = rawOf(
    "production",
    changed("production", { ...aws, host: undefined, images: undefined, image: undefined }),
  );
  expect(readSettings({ ...raw, values: withHostToCome(values, "production") })).toHaveProperty("settings");
  const without = rawOf("production", changed("production", { ...aws, aws: undefined }));
  expect(problemsOf({ ...without, values: withHostToCome(without.values, "production") })).toHaveLength(3);
});
