/** npm run restore and npm run drill on PostgreSQL: test/workloads/orders, in overlap, while users write. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { backUp, setsOf, volumesOf } from "./support/data.ts";
import type { Outside } from "./support/host.ts";
import { orderKeys, ordersProduct, ordersSql, placeOrder } from "./support/product.ts";
import { expectNoChanges, expectNoFailure, expectSuccess, launch, polled } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

const order = (key: string) => placeOrder(outside, key);
const keys = () => orderKeys(outside);
/** Sets that releases took for themselves. */
const points = async () =>
  (await setsOf(stack)).filter(({ purpose }) => purpose === "backup-point").map(({ name }) => name);

beforeAll(async () => {
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, drainSeconds: 5 });
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  outside = await launch(stack);
});
afterAll(async () => stack.destroy());

it("a set is taken while users write, and nobody waits for it", async () => {
  const product = () => ordersProduct(outside);
  const { result: set, tally, rows } = await polled({ stack, outside, product }, () => backUp(stack));
  expectNoFailure(tally, rows);
  expect(set.manifest).toMatchObject({ oneMoment: true, heldSeconds: 0, stores: [], revision: "0002_note" });
  const during = set.manifest?.rows["public.orders"] ?? 0;
  expect(during).toBeGreaterThan(0);
  expect(during).toBeLessThanOrEqual(rows.length);
  await ordersSql(outside, "TRUNCATE orders");
});

it("of two orders the one before the time is there and the one after it is not", async () => {
  await order("before");
  await backUp(stack);
  const at = new Date().toISOString();
  await order("after");
  const taken = await points();
  const run = await stack.slipway("restore", "--at", at, "--yes");
  expectSuccess(run);
  // Users wait for that release: it goes back, should it have to, by the set that its data came from.
  expect(await points()).toEqual(taken);
  expect(run.output).toContain("Rows of public.orders: 2 now, 1 then.");
  await outside.healthy();
  expect(await keys()).toEqual(["before"]);
  const emergency = (await setsOf(stack)).findLast(({ purpose }) => purpose === "emergency");
  expect(emergency?.manifest?.rows["public.orders"]).toBe(2);
  expect(await volumesOf(stack)).toEqual(expect.arrayContaining(["postgres-data", "postgres-data.g1"]));
});

it("the second preview shows no change; users order on, by the app's own role", async () => {
  await expectNoChanges(stack);
  await order("again");
  expect(await keys()).toEqual(["before", "again"]);
  const owner = await ordersSql(outside, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'orders'");
  expect(owner).toBe("orders_owner");
});

it("a set whose schema a hand changed is refused before anything stops, and taken once that is accepted", async () => {
  await ordersSql(outside, "SET ROLE orders_owner; ALTER TABLE orders ADD COLUMN by_hand text");
  const { name } = await backUp(stack);
  await ordersSql(outside, "ALTER TABLE orders DROP COLUMN by_hand");
  const serving = await outside.inspect("web");
  const refused = await stack.slipway("restore", "--set", name, "--yes");
  expect(refused.code, refused.output).toBe(1);
  expect(refused.output).toContain("new: column public.orders.by_hand text; no release would begin on it");
  expect(refused.output).toContain(`Nothing was switched: ${stack.name} serves as before.`);
  expect((await outside.inspect("web")).State.StartedAt).toBe(serving.State.StartedAt);
  expect(await volumesOf(stack)).not.toContain("postgres-data.g2");

  const [, print = ""] = /rollout\.acceptSchema ([0-9a-f]{16}) /.exec(refused.output) ?? [];
  await stack.set(["slipway:rollout", "acceptSchema"], print);
  expectSuccess(await stack.slipway("restore", "--set", name, "--yes"));
  await outside.healthy();
  expect(await ordersSql(outside, "SELECT count(by_hand) FROM orders")).toBe("0");
});

it("a drill proves the newest set", async () => {
  const before = await keys();
  await backUp(stack);
  const run = await stack.slipway("drill", "--json");
  expect(run.code, run.output).toBe(0);
  const told = z.object({ ok: z.boolean(), rows: z.number(), rtoSeconds: z.number() }).parse(JSON.parse(run.stdout));
  expect(told.ok).toBe(true);
  console.log(`  drill: RTO ${told.rtoSeconds} s`);
  expect(await keys()).toEqual(before);
});

it("--forget-old, then down --with-data: nothing is left", async () => {
  expectSuccess(await stack.slipway("restore", "--forget-old"));
  expect((await volumesOf(stack)).filter((part) => part.startsWith("postgres-data"))).toEqual(["postgres-data.g2"]);
  await expectNoChanges(stack);
  expectSuccess(await stack.slipway("down", "--with-data"));
  expect(await outside.leftovers()).toEqual([]);
});
