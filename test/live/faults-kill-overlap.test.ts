/** SIGKILL at every phase of a release in overlap, in its bake time and in its undo; the phases are those that the plan has. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { boundaries, KilledBench } from "./support/killed-bench.ts";
import { ordersProduct } from "./support/product.ts";
import { TestStack } from "./support/stack.ts";

let bench: KilledBench;
const phases = boundaries("overlap");
const greet = (greeting: string) => bench.stack.set(["slipway:app", "extraEnv", "ORDERS_GREETING"], greeting);

beforeAll(async () => {
  const stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, drainSeconds: 5 });
  await stack.set(["slipway:app"], { version: "1.0.0", schemaRevision: "0001_orders", replicas: 2, workers: 1 });
  await stack.set(["slipway:image", "build", "args"], { VERSION: "1.0.0", HEAD: "0001_orders" });
  bench = await KilledBench.launch(stack, ordersProduct);
});
afterEach(() => bench.killer.endOrphans());
afterAll(async () => bench.stack.destroy());

it.each(phases.map((phase) => ({ phase, victim: "all" }) as const))("$phase: killed, $victim", async (each) => {
  const { stack } = bench;
  const versions = await bench.killedAt(
    each,
    async () => {
      if (each.phase === "migrate") {
        await stack.set(["slipway:image", "build", "args"], { VERSION: "2.0.0", HEAD: "0002_note" });
        await stack.set(["slipway:app", "version"], "2.0.0");
        await stack.set(["slipway:app", "schemaRevision"], "0002_note");
      } else await greet(`${each.phase} ${each.victim}`);
    },
    3,
  );
  expect(versions).toEqual(each.phase === "migrate" ? ["1.0.0", "2.0.0"] : ["2.0.0"]);
  const { greeting } = JSON.parse((await bench.outside.https("GET", "/version")).body);
  expect(greeting).toBe(each.phase === "migrate" ? "hello" : `${each.phase} ${each.victim}`);
});

it("these are all that the journal named", () => bench.expectSeen(phases));
it("killed in its bake time", () => bench.killedInBake(() => greet("bake"), 3));
it("killed in its undo", () => bench.killedInUndo(() => greet("undo"), "web", 3));
