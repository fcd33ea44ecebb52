/** A restore to any moment on SQLite: TMWS, whose log Litestream receives. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { archivePart } from "../../components/archive/spec.ts";
import { awaitLog, listLogs } from "../../components/litestream/recover.ts";
import { memories, TmwsUser } from "./support/data.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let user: TmwsUser;

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  await stack.set(["slipway:rollout"], { bakeSeconds: 0 });
  await stack.set(["slipway:backup"], { continuous: true });
  outside = await launch(stack);
  user = await TmwsUser.of(outside);
});
afterAll(async () => stack.destroy());

const received = async () => awaitLog(runner, (await outside.inspect(archivePart)).Id);

async function logs(): Promise<readonly number[]> {
  const { Image } = await outside.inspect(archivePart);
  const place = { stack: stack.name, system: "tmws" };
  return (await listLogs(runner, place, { image: Image, user: "1000:1000" })).map(({ generation }) => generation);
}

const contact = async () => Number(await outside.exec(archivePart, "stat", "-c", "%Y", "/tmp/contact"));

it("the log is received from the first release on, beside the app, and costs no drift: the second preview shows no change", async () => {
  await user.remember("first");
  await received();
  expect(await logs()).toEqual([0]);
  expect(await outside.sql("SELECT count(*) FROM sqlite_master WHERE name LIKE '_litestream%'")).toBe("2");
  await expectNoChanges(stack);
});

it("while it is away users write on, and it says that it lacks something until it has caught up", async () => {
  const { Id } = await outside.inspect(archivePart);
  await engine.getContainer(Id).stop();
  await user.remember("while it was away");
  await engine.getContainer(Id).start();
  await received();
  const asked = Math.floor(Date.now() / 1000);
  await eventually("it is in contact", async () => ((await contact()) >= asked ? true : undefined), 60);
});

it("of two writes the one before the moment is there and the one after it is not", async () => {
  const between = new Date().toISOString();
  await user.remember("second");
  await received();
  const run = await stack.slipway("restore", "--at", between, "--yes");
  expectSuccess(run);
  expect(run.output).toContain(`to ${between}, by the log since `);
  await outside.healthy();
  expect(await memories(outside)).toEqual(["first", "while it was away"]);
  await user.remember("third");
  await received();
  expect(await logs()).toEqual([0, 1]);
  await expectNoChanges(stack);
});

it("a release that is undone puts the old file back: the log of it is a new one, and every moment is of the right one", async () => {
  const before = new Date().toISOString();
  await stack.set(["slipway:image", "build", "args"], { FAULT: "migration-live" });
  await stack.set(["slipway:app", "schemaRevision"], "fault_migration");
  const failed = await stack.slipway("start");
  expect(failed.code).not.toBe(0);
  expect(failed.output).toContain('phase "migrate"');
  await outside.healthy();
  await stack.set(["slipway:image", "build", "args"], undefined);
  await stack.set(["slipway:app", "schemaRevision"], undefined);
  expectSuccess(await stack.slipway("start"));
  await user.remember("after the undo");
  await received();
  expect(await logs()).toEqual([0, 1, 1]);
  expectSuccess(await stack.slipway("restore", "--at", new Date().toISOString(), "--yes"));
  expect(await memories(outside)).toEqual(["after the undo", "first", "third", "while it was away"]);
  expectSuccess(await stack.slipway("restore", "--at", before, "--yes"));
  await outside.healthy();
  expect(await memories(outside)).toEqual(["first", "third", "while it was away"]);
  await expectNoChanges(stack);
});
