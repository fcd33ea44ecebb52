/** By the commands: a stack on PostgreSQL whose log goes to a real S3 server, restored and drilled from there. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { seriesPath } from "../../components/archive/spec.ts";
import { offsiteLogPart } from "../../components/offsite-log/spec.ts";
import { backUp } from "./support/data.ts";
import type { Outside } from "./support/host.ts";
import { inBucket, loseArchive, sendTo } from "./support/offsite-log.ts";
import { orderKeys, ordersSql, placeOrder } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { S3 } from "./support/s3.ts";
import { TestStack } from "./support/stack.ts";

let s3: S3;
let stack: TestStack;
let outside: Outside;

const order = (key: string) => placeOrder(outside, key);
const keys = () => orderKeys(outside);

beforeAll(async () => {
  s3 = await S3.start();
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, drainSeconds: 5 });
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  outside = await launch(stack);
  await sendTo(stack, s3);
});
afterAll(async () => {
  await stack?.destroy();
  await s3?.stop();
});

it("sends its log, which it receives for that, and the second preview shows no change", async () => {
  await order("begun");
  await inBucket(outside, true);
  await expectNoChanges(stack);
});

it("is restored to a moment from there when its host has lost the archive", async () => {
  await order("first");
  const asked = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
  const at = new Date(new Date(await ordersSql(outside, `SELECT ${asked}`)).getTime() + 1).toISOString();
  await order("second");
  await inBucket(outside, true);
  await loseArchive(stack, outside, seriesPath);
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
  await inBucket(outside, true);
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
