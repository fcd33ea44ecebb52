/**
 * A real stack that is watched in full: what goes wrong arrives at a real webhook. The rules are the real ones, all their times multiplied by
 * `slipway:alerts.factor`: 26 hours without a backup are a minute and a half.
 */
import { afterAll, beforeAll, expect, test } from "vitest";
import { AlertReceiver, type Heard } from "./support/alert-receiver.ts";
import { FullDisk } from "./support/full-disk.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import type { TestStack } from "./support/stack.ts";
import { launchTelling, watchedStack } from "./support/watched-stack.ts";

const factor = 0.001;
const patienceSeconds = 240;

const receiver = new AlertReceiver();
let stack: TestStack;
let outside: Outside;
let disk: FullDisk;

beforeAll(async () => {
  stack = await watchedStack();
  await stack.set(["slipway:alerts", "factor"], factor);
  // The notes of backups and releases lie there; 1.1 GB are free until the test takes some.
  disk = await FullDisk.under(stack, { part: "journal", system: "orders", megabytes: 1100 });
  outside = await launchTelling(stack, receiver);
});

afterAll(async () => {
  await receiver.close();
  await disk?.release();
  await stack?.destroy();
});

function told(alert: string, status: Heard["status"], from: number): Promise<Heard> {
  return eventually(`${alert} is told as ${status}`, async () => receiver.find(alert, status, from), patienceSeconds);
}

async function paused(part: string, work: () => Promise<void>): Promise<void> {
  const { Id } = await outside.inspect(part);
  await engine.getContainer(Id).pause();
  try {
    await work();
  } finally {
    await engine.getContainer(Id).unpause();
  }
}

test("every source is measured, and a second preview shows no change", async () => {
  await eventually(
    "every job is up",
    async () => {
      const up = await outside.query("min by (job) (up)");
      const values = JSON.stringify(up);
      for (const job of ["alertmanager", "host", "orders", "postgres", "probe", "prometheus", "redis", "switch"])
        if (!values.includes(`"job":"${job}"`)) throw new Error(`${job} is missing: ${values}`);
      return up.every(({ value }) => value[1] === "1") ? up : undefined;
    },
    patienceSeconds,
  );
  const one = [
    "pg_up",
    "redis_up",
    'probe_success{instance="web"}',
    "slipway_release_proved",
    "slipway_release_open == bool 0",
  ];
  for (const query of one)
    await eventually(query, async () => ((await outside.query(query))[0]?.value[1] === "1" ? true : undefined));
  expect(await outside.query("node_textfile_scrape_error == 1")).toEqual([]);
  expect((await outside.query("node_vmstat_oom_kill")).length).toBe(1);
  expect(
    (await outside.query('count(node_filesystem_avail_bytes{mountpoint=~"/|/var/lib/slipway"})'))[0]?.value[1],
  ).toBe("2");
  const { code, output } = await stack.slipway("preview", "--expect-no-changes");
  expect(code, output).toBe(0);
});

test("the receiver's address is in no text that Alertmanager shows", async () => {
  const status = await outside.exec("alertmanager", "wget", "-q", "-O", "-", "http://127.0.0.1:9093/api/v2/status");
  expect(status).toContain("everybody-webhook");
  expect(status).not.toContain("the-secret-of-this-hook");
});

test("nobody takes backups: both alerts arrive at those who keep the data", async () => {
  expect(await told("BackupMissing", "firing", 0)).toMatchObject({
    receiver: "dba-page",
    labels: { severity: "page", team: "dba", stack: stack.name, system: "orders" },
    annotations: { runbook: "docs/runbooks/BackupMissing.md", summary: "there is no backup" },
  });
  const from = receiver.heard.length;
  const { code, output } = await stack.slipway("backup");
  expect(code, output).toBe(0);
  await told("BackupMissing", "resolved", from);
  const old = await told("BackupTooOld", "firing", from);
  expect(old.annotations["summary"]).toMatch(/^the last backup ended [1-4]m \d+/);
});

test("the status command shows it, with severity and runbook", async () => {
  const { stdout } = await stack.slipway("status", "--json");
  const { alerts } = JSON.parse(stdout) as { alerts: { name: string; severity: string; runbook?: string }[] };
  expect(alerts.find(({ name }) => name === "BackupTooOld")).toMatchObject({
    severity: "page",
    runbook: "docs/runbooks/BackupTooOld.md",
  });
});

test("the product is killed: told at once, and when it is back", async () => {
  const from = receiver.heard.length;
  const [web] = await outside.running("web");
  if (web === undefined) throw new Error("no replica runs");
  await engine.getContainer(web.Id).stop({ t: 1 });
  try {
    const heard = await told("AppDown", "firing", from);
    expect(heard).toMatchObject({ receiver: "oncall-page", labels: { severity: "page", team: "oncall" } });
  } finally {
    await engine.getContainer(web.Id).start();
  }
  await told("AppDown", "resolved", from);
});

test("the database answers nobody: told to its people", async () => {
  const from = receiver.heard.length;
  await paused("postgres", async () => {
    expect((await told("DatabaseDown", "firing", from)).receiver).toBe("dba-page");
  });
  await told("DatabaseDown", "resolved", from);
});

test("the disk fills: told when less than 1 GB is free, and when there is room", async () => {
  const from = receiver.heard.length;
  await disk.take(200);
  const heard = await told("DiskFull", "firing", from);
  expect(heard.labels["mountpoint"]).toBe("/var/lib/slipway");
  await disk.empty();
  await told("DiskFull", "resolved", from);
});
