/** By the commands: SQLite's log, as Litestream receives it, in a real S3 server; restored from there. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { archivePart } from "../../components/archive/spec.ts";
import { awaitLog } from "../../components/litestream/recover.ts";
import { seriesPath } from "../../components/litestream/spec.ts";
import { memories, TmwsUser } from "./support/data.ts";
import { eventually, type Outside, runner } from "./support/host.ts";
import { inBucket, loseArchive, sendTo } from "./support/offsite-log.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { S3 } from "./support/s3.ts";
import { TestStack } from "./support/stack.ts";

let s3: S3;
let stack: TestStack;
let outside: Outside;
let user: TmwsUser;

beforeAll(async () => {
  s3 = await S3.start();
  stack = await TestStack.make();
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  await stack.set(["slipway:rollout"], { bakeSeconds: 0 });
  outside = await launch(stack);
  user = await TmwsUser.of(outside);
  await sendTo(stack, s3);
});
afterAll(async () => {
  await stack?.destroy();
  await s3?.stop();
});

/** The last transaction of a level of the log: seconds are of level 0, and what they are merged into, which alone is sent, of level 1. */
const last = async (level: 0 | 1) => {
  const list = `ls ${seriesPath}/*-g0/replica/ltx/${level} | sort | tail -n 1`;
  return /^[0-9a-f]{16}-([0-9a-f]{16})/.exec(await outside.exec(archivePart, "bash", "-c", list))?.[1] ?? "";
};

/** Merged by Litestream first, since single seconds are not sent. */
async function mergedInBucket(): Promise<void> {
  await awaitLog(runner, (await outside.inspect(archivePart)).Id);
  const written = await last(0);
  await eventually("the log's seconds are merged", async () => ((await last(1)) >= written ? true : undefined), 90);
  await inBucket(outside, false);
}

it("the merged log is sent as it grows, and the second preview shows no change", async () => {
  await user.remember("first");
  await mergedInBucket();
  await expectNoChanges(stack);
});

it("a host that has lost its archive is restored to a moment from there", async () => {
  const between = new Date().toISOString();
  await user.remember("second");
  await mergedInBucket();
  await loseArchive(stack, outside, seriesPath);
  const run = await stack.slipway("restore", "--at", between, "--yes");
  expectSuccess(run);
  expect(run.output).toContain(`fetching the log of ${between} from `);
  await outside.healthy();
  expect(await memories(outside)).toEqual(["first"]);
  await expectNoChanges(stack);
});
