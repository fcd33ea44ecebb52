import { describe, expect, test } from "vitest";
import { fargateAddress } from "../../../../components/fargate/address.ts";
import type { Deployed } from "../../../../components/steps/deployments.ts";
import type { RecordedResource } from "../../../../ops/stack-state.ts";
import { judged } from "../../../../ops/status/judge.ts";
import { firing, goneAlarms } from "../../../../ops/status/managed/alarms.ts";
import { managedRecordOf } from "../../../../ops/status/managed/recorded.ts";
import { releaseNow, rolloutOf, tasksOf } from "../../../../ops/status/managed/services.ts";
import { backupOf, cachePart, databasePart } from "../../../../ops/status/managed/stores.ts";
import { renderText } from "../../../../ops/status/text.ts";

const now = new Date("2026-01-02T12:00:00Z");
const began = "2026-01-02T11:00:00.000Z";
const note = (release: string, since = began) =>
  JSON.stringify({ release, image: "app@sha256:0", revision: "0002", reads: [], since });

const web: Deployed = {
  name: "web",
  release: "new",
  seen: true,
  pods: { wanted: 2, all: 2, updated: 2, available: 2 },
  newest: { began, through: true },
  sets: [
    { name: "slipway-blue-web:2", release: "new" },
    { name: "slipway-blue-web:1", release: "old" },
  ],
  served: note("new"),
};
const coming: Deployed = {
  ...web,
  pods: { wanted: 2, all: 3, updated: 1, available: 0 },
  newest: { began, through: false },
  served: note("old"),
};
const record = { releases: { web: "new" }, imageName: "acme/app:2", commit: "0a1b2c3" };

const host = fargateAddress({
  region: "eu-central-1",
  cluster: "slipway-blue",
  subnets: ["subnet-1"],
  group: "sg-1",
  role: "arn:aws:iam::123456789012:role/tasks",
  logs: "/slipway/blue/tasks",
  database: "slipway-blue-g1",
  helper: "curl@sha256:0",
});
const resource = (type: string, outputs: RecordedResource["outputs"]): RecordedResource => {
  return { type, urn: `urn::${type}::it`, name: "it", id: "", protect: false, inputs: {}, outputs };
};
const place = { stack: "blue", system: "orders" };

describe("what the state keeps", () => {
  const state = [
    resource("pulumi:pulumi:Stack", { url: "https://blue.acme.dev", image: { name: "acme/app:2", commit: "0a1" } }),
    resource("random:index/randomPassword:RandomPassword", { result: "a-generated-password" }),
    resource("aws:elasticache/replicationGroup:ReplicationGroup", { replicationGroupId: "slipway-blue" }),
    resource("aws:cloudwatch/metricAlarm:MetricAlarm", { name: "slipway-blue-NoBackend-target-web" }),
    resource("pulumi-nodejs:dynamic/slipway:steps:Rollout", {
      ...{ host, place, releases: { web: "new" } },
      hidden: ["postgresql://app:the-app-password@x:5432/orders"],
    }),
  ];

  test("is where the stack is, and what must not be printed", () => {
    const { secrets, ...rest } = managedRecordOf("blue", state);
    expect(rest).toEqual({
      ...{ host, place, releases: { web: "new" } },
      ...{ url: "https://blue.acme.dev", imageName: "acme/app:2", commit: "0a1" },
      cache: "slipway-blue",
      alarms: ["slipway-blue-NoBackend-target-web"],
    });
    expect(secrets).toEqual(expect.arrayContaining(["a-generated-password", "the-app-password"]));
  });

  test("is enough also when the first release has ended half-way; of nothing there is nothing to look at", () => {
    const half = [resource("pulumi-nodejs:dynamic/slipway:steps:PostgresRoles", { host, place })];
    expect(managedRecordOf("blue", half)).toMatchObject({ host, releases: {}, alarms: [], cache: undefined });
    expect(() => managedRecordOf("blue", state.slice(0, 2))).toThrow("`npm start -- --stack blue` does");
  });
});

describe("services", () => {
  test("that are as the last release left them", () => {
    expect(releaseNow([web], record)).toMatchObject({ id: "web-new", proved: true, commit: "0a1b2c3", since: began });
    expect(rolloutOf([web], record)).toEqual({ deviation: null, open: null, baking: null, lease: null });
  });

  test("under way: what serves is the release before, and no task is missing", () => {
    expect(releaseNow([coming], record)).toMatchObject({ id: "web-old", proved: false });
    const phase = "ECS replaces tasks, 1 of 2 of web";
    expect(rolloutOf([coming], record).open).toEqual({ release: "web-new", phase, held: false });
    expect(tasksOf(coming, [], { cluster: "slipway-blue", now })).toEqual([]);
  });

  test("other than the last up wanted them, each told", () => {
    const back = { ...web, release: "old", served: note("old") };
    const late = { ...web, pods: { ...web.pods, available: 0 }, late: '"slipway-blue-web:2": tasks failed' };
    const two = { releases: { web: "new", worker: "w" } };
    expect(rolloutOf([back], two).deviation).toBe(
      "the service worker is gone; web has release old, the last up wanted new",
    );
    expect(rolloutOf([late], record).deviation).toBe('web: "slipway-blue-web:2": tasks failed');
    expect(releaseNow([back], record)).toMatchObject({ imageName: null, commit: null, proved: true });
    expect(
      releaseNow(
        [{ ...web, served: "" }].map(({ served: _, ...rest }) => rest),
        record,
      ),
    ).toBeNull();
  });

  test("each task is a part, and so is each that there should be", () => {
    const own = { name: "web", healthStatus: "UNHEALTHY" as const, image: "app@sha256:0" };
    const startedAt = new Date("2026-01-02T11:59:00Z");
    const task = { taskArn: "arn:aws:ecs:x:1:task/slipway-blue/0a1b", lastStatus: "RUNNING", startedAt, memory: "512" };
    const [first, second] = tasksOf(web, [{ ...task, containers: [{ name: "tunnel" }, own] }], {
      cluster: "slipway-blue",
      now,
    });
    expect(first).toMatchObject({
      container: "slipway-blue_web/0a1b",
      health: "unhealthy",
      ageSeconds: 60,
      memoryLimitBytes: 512 * 1024 ** 2,
    });
    expect(second).toMatchObject({ part: "web", state: "missing" });
  });
});

describe("stores", () => {
  test.each([
    ["available", "healthy", "running"],
    ["backing-up", "healthy", "running"],
    ["rebooting", "starting", "running"],
    ["storage-full", "unhealthy", "running"],
    ["stopped", "unhealthy", "stopped"],
  ])("RDS that says %s is %s", (status, health, state) => {
    expect(databasePart("slipway-blue", { DBInstanceStatus: status })).toMatchObject({ health, state });
    expect(cachePart("slipway-blue", { Status: status })).toMatchObject({ health, state });
  });

  test("that are gone are missing by their names", () => {
    expect(databasePart("slipway-blue", undefined)).toMatchObject({ state: "missing", container: "slipway-blue" });
    expect(cachePart("slipway-blue", undefined).state).toBe("missing");
  });

  test("the newest snapshot that can be restored, of any kind", () => {
    const at = (hour: number) => new Date(Date.UTC(2026, 0, 2, hour));
    const found = backupOf(
      [
        { DBSnapshotIdentifier: "point", Status: "available", SnapshotCreateTime: at(10), AllocatedStorage: 20 },
        { DBSnapshotIdentifier: "nightly", Status: "available", SnapshotCreateTime: at(2), AllocatedStorage: 20 },
        { DBSnapshotIdentifier: "coming", Status: "creating", AllocatedStorage: 20 },
      ],
      now,
    );
    const last = { name: "point", taken: at(10).toISOString(), ageSeconds: 7200, kilobytes: 20 * 1024 ** 2 };
    expect(found).toEqual({ sets: 2, last });
    expect(backupOf([], now)).toEqual({ sets: 0, last: null });
  });
});

test("alarms: those in alarm with their alert's severity and runbook, those that are gone by name", () => {
  const since = new Date("2026-01-02T11:58:00Z");
  const alarms = [
    {
      AlarmName: "slipway-blue-ErrorRateCritical-balancer",
      StateValue: "ALARM" as const,
      StateReason: "Threshold Crossed",
      StateTransitionedTimestamp: since,
    },
    { AlarmName: "slipway-blue-DiskLow-database", StateValue: "OK" as const },
  ];
  expect(firing(alarms, "slipway-blue")).toEqual([
    {
      name: "ErrorRateCritical-balancer",
      severity: "page",
      summary: "Threshold Crossed",
      runbook: "docs/runbooks/ErrorRateCritical.md",
      since: since.toISOString(),
    },
  ]);
  expect(goneAlarms(["slipway-blue-DiskLow-database", "slipway-blue-NoBackend-target-web"], alarms)).toEqual([
    "slipway-blue-NoBackend-target-web",
  ]);
});

test("a look in trouble begins with every reason, in words that fit AWS", () => {
  const nothing = { database: null, certificates: [], triggers: [], golden: null, host: null, unanswered: [] };
  const report = judged({
    ...{ ...nothing, stack: "blue", system: "orders", url: "https://blue.acme.dev", at: now.toISOString() },
    release: releaseNow([web], record),
    rollout: rolloutOf([web], record),
    parts: [
      ...tasksOf(web, [], { cluster: "slipway-blue", now }),
      databasePart("slipway-blue", { DBInstanceStatus: "storage-full" }),
      cachePart("slipway-blue", undefined),
    ],
    backup: backupOf([], now),
    alerts: [],
  });
  expect(renderText(report).split("\n").slice(0, 6)).toEqual([
    "orders (stack blue): not healthy, 5 reasons  https://blue.acme.dev",
    "  web: is missing: its container is gone",
    "  web: is missing: its container is gone",
    "  postgres: is unhealthy: RDS says storage-full",
    "  redis: is missing: slipway-blue is gone",
    "  backup: there is no backup set",
  ]);
});
