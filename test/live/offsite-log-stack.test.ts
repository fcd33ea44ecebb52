/** By the commands: a stack on PostgreSQL whose log goes to a real S3 server, restored and drilled from there. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { archiveMount } from "../../components/archive/spec.ts";
import { offsiteLogPart } from "../../components/offsite-log/spec.ts";
import { withSession } from "../../components/steps/session.ts";
import { backUp } from "./support/data.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { ordersSql } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { S3 } from "./support/s3.ts";
import { TestStack } from "./support/stack.ts";

let s3: S3;
let stack: TestStack;
let outside: Outside;

async function order(key: string): Promise<void> {
  const reply = await outside.https("POST", "/orders", { body: { key, item: "test", quantity: 1 } });
  if (reply.status !== 201) throw new Error(`${reply.status} ${reply.body}`);
}

const keys = async () => (await ordersSql(outside, "SELECT key FROM orders ORDER BY id")).split("\n");

async function inBucket(): Promise<void> {
  const asked = Math.ceil(Date.now() / 1000);
  await eventually(
    "the bucket has all",
    async () => {
      const text = await outside.exec(offsiteLogPart, "cat", "/notes/metrics/offsite.prom");
      const [, contact = "0"] = /^slipway_archive_offsite_contact_timestamp_seconds (\d+)$/m.exec(text) ?? [];
      const based = /^slipway_archive_offsite_base_timestamp_seconds \d+$/m.test(text);
      return based && Number(contact) >= asked ? true : undefined;
    },
    90,
  );
}

/** As on a host that is new: the archive's container begins another log. */
async function loseArchive(): Promise<void> {
  const { Id, Image: image } = await outside.inspect("archive");
  const place = { stack: stack.name, system: "orders" };
  const mounts = [{ ...archiveMount(place), readOnly: false }];
  const request = { image, user: "0:0", env: {}, mounts, network: [], memoryMb: 64, capabilities: ["DAC_OVERRIDE"] };
  await engine.getContainer(Id).stop();
  await withSession(runner, place, "lose", request, (session) =>
    session.must("losing the archive", { argv: ["sh", "-euc", "rm -rf /archive/log/*"] }),
  );
  await engine.getContainer(Id).start();
}

beforeAll(async () => {
  s3 = await S3.start();
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, drainSeconds: 5 });
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  outside = await launch(stack);
  await stack.setSecret("slipway:offsite.key", s3.key);
  await stack.setSecret("slipway:offsite.password", "a-password-of-the-copies-0");
  await stack.setText("slipway:offsite.url", await s3.bucket("copies"));
  await stack.setText("slipway:offsite.keyId", s3.keyId);
  await stack.set(["slipway:offsite", "beforeRelease"], false);
  await stack.set(["slipway:offsite", "continuous"], true);
  expectSuccess(await stack.slipway("start"));
});
afterAll(async () => {
  await stack?.destroy();
  await s3?.stop();
});

it("sends its log, which it receives for that, and the second preview shows no change", async () => {
  await order("begun");
  await inBucket();
  await expectNoChanges(stack);
});

it("is restored to a moment from there when its host has lost the archive", async () => {
  await order("first");
  const asked = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
  const at = new Date(new Date(await ordersSql(outside, `SELECT ${asked}`)).getTime() + 1).toISOString();
  await order("second");
  await inBucket();
  await loseArchive();
  const run = await stack.slipway("restore", "--at", at, "--yes");
  expectSuccess(run);
  expect(run.output).toContain(`fetching the log of ${at} from `);
  await outside.healthy();
  expect(await keys()).toEqual(["begun", "first"]);
  await expectNoChanges(stack);
});

const report = z.object({
  ok: z.boolean(),
  from: z.string(),
  log: z.string(),
  rowsCompared: z.boolean(),
  rows: z.number(),
});

it("a drill --offsite goes on from the newest copy by the log, to what was written after the copy", async () => {
  const set = await backUp(stack);
  await order("after-the-copy");
  await inBucket();
  const run = await stack.slipway("drill", "--offsite", "--json");
  expect(run.code, run.output).toBe(0);
  const drilled = report.parse(JSON.parse(run.stdout));
  expect(drilled).toMatchObject({ ok: true, from: "copy", rowsCompared: false });
  expect(drilled.rows).toBe(Object.values(set.manifest?.rows ?? {}).reduce((sum, each) => sum + each, 0) + 1);
});

it("switched off, it leaves nothing but what is in the bucket", async () => {
  await stack.set(["slipway:offsite", "continuous"], false);
  expectSuccess(await stack.slipway("start"));
  await expect(outside.inspect(offsiteLogPart)).rejects.toThrow();
  await expectNoChanges(stack);
});
