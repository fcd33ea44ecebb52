/** SIGKILL at every phase of a stop-first release, in its bake time and in its undo; the phases are those that the plan has. */
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { boundaries, type Case, KilledBench } from "./support/killed-bench.ts";
import { tmwsProduct, tmwsRate } from "./support/product.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

let bench: KilledBench;
const phases = boundaries("stop-first");
const cases: readonly Case[] = [
  ...phases.map((phase) => ({ phase, victim: "all" }) as const),
  ...(["stop", "ready"] as const).map((phase) => ({ phase, victim: "engine" }) as const),
];
const expire = (days: number) => bench.stack.set(["slipway:app", "apiKeyExpireDays"], days);

beforeAll(async () => {
  const stack = await TestStack.make();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, holdSeconds: patientHoldSeconds });
  await stack.set(["slipway:app"], { extraEnv: tmwsRate });
  bench = await KilledBench.launch(stack, tmwsProduct);
});
afterEach(() => bench.killer.endOrphans());
afterAll(async () => bench.stack.destroy());

it.each(cases)("$phase: killed, $victim", async (each) => {
  const { stack } = bench;
  const days = 10 + cases.indexOf(each);
  const versions = await bench.killedAt(
    each,
    async () => {
      await expire(days);
      if (each.phase !== "migrate") return;
      await stack.set(["slipway:image", "build", "args"], { FAULT: "migration-ok" });
      await stack.set(["slipway:app", "schemaRevision"], "20260101_v2_note");
    },
    1,
  );
  expect(versions).toEqual(["2.4.0"]);
  expect((await bench.outside.inspect("app")).Config.Env).toContain(`TMWS_API_KEY_EXPIRE_DAYS=${days}`);
});

it("these are all that the journal named", () => bench.expectSeen(phases));
it("killed in its bake time", () => bench.killedInBake(() => expire(40), 1));
it("killed in its undo", () => bench.killedInUndo(() => expire(41), "app", 1));
