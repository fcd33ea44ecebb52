import { afterAll, beforeAll, expect, it } from "vitest";
import { driftOf, mendsAll } from "./support/drift.ts";
import { engine, type Outside } from "./support/host.ts";
import { expectRefusal, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:rollout", "bakeSeconds"], 0);
  outside = await launch(stack);
});
afterAll(async () => stack.destroy());

it("limits of the one writer are taken back without a release: nobody waits", async () => {
  const { Id } = await outside.inspect("app");
  await engine.getContainer(Id).update({ NanoCpus: 250_000_000 });
  expect(await driftOf(stack)).toEqual([expect.stringMatching(/^container app-r\S+: cores 0\.25 \(was cores 2\)$/)]);
  await mendsAll(stack);
  const { Id: after, State } = await outside.inspect("app");
  expect(after).toBe(Id);
  expect(State.Running).toBe(true);
});

it("a schema that was changed by hand is named and refused, until it is as it was", async () => {
  await outside.sql("CREATE INDEX by_hand ON memories (text)");
  expect(await driftOf(stack)).toEqual([
    "schema schema at revision 20251124_v2_license: new: index by_hand CREATE INDEX by_hand ON memories (text) (was as the last release left it)",
  ]);
  expectRefusal(await stack.slipway("start"), /changed by hand at revision 20251124_v2_license: new: index by_hand/);
  await outside.sql("DROP INDEX by_hand");
  await mendsAll(stack);
});
