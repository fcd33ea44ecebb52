import { beforeEach, describe, expect, test, vi } from "vitest";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import type { RolloutInputs } from "../../../components/rollout/spec.ts";
import { releaseDefinition } from "../../../components/rollout/spec.ts";
import { smokeTest } from "../../../components/smoke-test/reconcile.ts";
import type { Journal } from "../../../components/steps/journal.ts";
import { useClock } from "../../doubles/clock.ts";
import {
  newImage,
  newStack,
  oldImage,
  overlapInputs,
  rolloutInputs,
  type Stack,
  smokeInputs,
} from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

let stack: Stack;
const images = () => [...new Set(stack.host.running().map((box) => box.spec.image))];

describe("a smoke test that fails in overlap", () => {
  beforeEach(() => {
    stack = newStack("overlap");
  });
  const release = (inputs: RolloutInputs) => rollOut(stack.host, inputs);
  const fail = (id: string, inputs: RolloutInputs) => {
    stack.failingPaths.add("/import");
    return smokeTest(stack.host, smokeInputs(id, inputs));
  };

  test("by code nobody waits: the old one is back beside the new one before that goes, and no two schedulers", async () => {
    await release(overlapInputs(oldImage, "a"));
    const inputs = overlapInputs(newImage, "a");
    const second = await release(inputs);
    const { held } = stack.host.users;
    await expect(fail(second.release, inputs)).rejects.toThrow(
      /Undone: release r\S+ serves again, every write is kept\./,
    );
    expect(images()).toEqual([oldImage]);
    expect(stack.host.workloads()).toHaveLength(6);
    expect(stack.host.users.held).toBe(held);
    expect([stack.host.problems, stack.host.lostWrites(), stack.host.restored]).toEqual([[], [], []]);
  });

  test("by the newer image's downgrade everything stops first, and every write is kept", async () => {
    await release(overlapInputs(oldImage, "a"));
    const inputs = overlapInputs(newImage, "b");
    const second = await release(inputs);
    stack.host.users.mayHold = true;
    await expect(fail(second.release, inputs)).rejects.toThrow("the schema is back at a; the rows as they were are in");
    expect(images()).toEqual([oldImage]);
    expect(stack.host.data.revision).toBe("a");
    expect([stack.host.problems, stack.host.lostWrites(), stack.host.restored]).toEqual([[], [], []]);
  });

  test("a release that was only scaled goes back to what it was: what both have never stops", async () => {
    await release(overlapInputs(oldImage, "a", { web: 1 }));
    const [one] = stack.host.running();
    const inputs = overlapInputs(oldImage, "a", { web: 3 });
    const second = await release(inputs);
    await fail(second.release, inputs).catch(() => undefined);
    expect(stack.host.running()).toHaveLength(4);
    expect(stack.host.box(one?.id ?? "").state).toBe("running");
    expect(stack.host.switch.open("app-8000")).toEqual([one?.aliases.at(-1)]);
    expect(stack.host.problems).toEqual([]);
  });

  test("killed before any call of its undo, the next run leaves one release serving, whole, with every write", {
    timeout: 60_000,
  }, async () => {
    for (let at = 0; ; at += 1) {
      stack = newStack("overlap");
      await release(overlapInputs(oldImage, "a", { web: 2 }));
      const inputs = overlapInputs(newImage, at % 2 === 0 ? "b" : "a", { web: 2 });
      stack.host.users.mayHold = at % 2 === 0;
      const second = await release(inputs);
      stack.host.endBefore(at);
      const message = await fail(second.release, inputs).then(String, String);
      if (!message.includes("ended before")) break;
      const when = `killed after "${stack.host.trace.at(-1)}"`;
      stack.host.nextProcess();
      await release(inputs);
      expect(images(), when).toEqual([newImage]);
      expect(stack.host.switch.open("app-8000"), when).toHaveLength(2);
      expect(stack.host.journal(), when).not.toHaveProperty("open");
      expect(stack.host.problems, when).toEqual([]);
      expect(stack.host.lostWrites(), when).toEqual([]);
      expect(at).toBeLessThan(200);
    }
  });
});

describe("the bake time", () => {
  const bake = { seconds: 60, triggers: [], prometheus: "" };
  const bad = {
    name: "no order without a quantity",
    sql: "SELECT count(*) FROM orders WHERE quantity <= 0",
    expect: "0",
  };
  const inputs = (image: string, revision = "a"): RolloutInputs => {
    const whole = rolloutInputs(image, revision, undefined, { bake });
    return { ...whole, schema: { ...whole.schema, assertions: [...whole.schema.assertions, bad] } };
  };
  /** Does something once, as soon as the journal is so. */
  const when = (isSo: (journal: Journal | undefined) => boolean, act: () => void) => {
    let done = false;
    const { onCall } = stack.host;
    stack.host.onCall = () => {
      onCall?.();
      if (done || !isSo(stack.host.journal())) return;
      done = true;
      act();
    };
  };
  const whenWatched = (act: () => void) => when((journal) => journal?.bake !== undefined, act);
  const crash = () => whenWatched(() => stack.host.end(stack.host.running()[0]?.id ?? ""));

  beforeEach(async () => {
    stack = newStack();
    stack.host.product.answers.set(bad.sql, "0");
    await rollOut(stack.host, inputs(oldImage));
  });

  test("the first release has none: there is nothing to go back to", () => {
    expect(stack.host.journal()).not.toHaveProperty("bake");
  });

  test("a release that stays well is through after it", async () => {
    const before = Date.now();
    const { release, warnings } = await rollOut(stack.host, inputs(newImage));
    expect(Date.now() - before).toBeGreaterThan(60_000);
    expect(warnings).toEqual([]);
    expect(stack.host.journal()).toMatchObject({ serving: { id: release } });
    expect(stack.host.journal()).not.toHaveProperty("bake");
  });

  test("a process that dies goes back, is remembered, and is not released again by accident", async () => {
    crash();
    await expect(rollOut(stack.host, inputs(newImage))).rejects.toThrow(
      /^in its bake time, \d+ s after the switch: app-r\S+-0 ended by itself\nUndone: release r\S+ serves again, every write is kept\.\n/,
    );
    expect(images()).toEqual([oldImage]);
    expect([stack.host.problems, stack.host.lostWrites()]).toEqual([[], []]);
    const definition = releaseDefinition(inputs(newImage));
    expect(stack.host.journal()?.bad).toEqual([
      { definition, image: newImage, why: expect.stringContaining("ended by itself") },
    ]);
    const calls = stack.host.trace.length;
    await expect(rollOut(stack.host, inputs(newImage))).rejects.toThrow(
      `try the same again: \`pulumi config set --path slipway:rollout.retry ${definition}\``,
    );
    expect(stack.host.trace.slice(calls).filter((call) => call.startsWith("create workload"))).toEqual([]);
    await rollOut(stack.host, { ...inputs(newImage), retry: definition });
    expect(images()).toEqual([newImage]);
  });

  test("killed in the middle of its undo it is remembered all the same: the next run goes back, and does not try it again", async () => {
    crash();
    when(
      (journal) => journal?.open?.phase === "undo",
      () => stack.host.endBefore(2),
    );
    await expect(rollOut(stack.host, inputs(newImage))).rejects.toThrow("ended before");
    expect(stack.host.journal()?.open?.phase).toBe("undo");
    stack.host.nextProcess();
    await expect(rollOut(stack.host, inputs(newImage))).rejects.toThrow(
      "this release went bad before: in its bake time",
    );
    expect(images()).toEqual([oldImage]);
    expect(stack.host.journal()).not.toHaveProperty("open");
    expect([stack.host.problems, stack.host.lostWrites()]).toEqual([[], []]);
  });

  test("rows that break the schema's promise go back", async () => {
    whenWatched(() => stack.host.product.answers.set(bad.sql, "7"));
    await expect(rollOut(stack.host, inputs(newImage))).rejects.toThrow(
      'schema assertion "no order without a quantity": `SELECT count(*) FROM orders WHERE quantity <= 0` answered "7", wanted "0"',
    );
    expect(images()).toEqual([oldImage]);
  });

  test("one that was cut off goes on with what is left, and is no new release", async () => {
    whenWatched(() => stack.host.endBefore(10));
    await rollOut(stack.host, inputs(newImage)).catch(() => undefined);
    const serving = stack.host.journal()?.serving?.id;
    expect(stack.host.journal()?.bake?.release).toBe(serving);
    stack.host.nextProcess();
    const { release } = await rollOut(stack.host, inputs(newImage));
    expect(release).toBe(serving);
    expect(stack.host.journal()).not.toHaveProperty("bake");
    expect(images()).toEqual([newImage]);
  });

  test("a Prometheus that does not answer is told and undoes nothing", async () => {
    const triggers = [{ kind: "count", name: "failed queries", promql: "q", above: 0, guide: "g" }] as const;
    const { warnings } = await rollOut(stack.host, {
      ...inputs(newImage),
      bake: { seconds: 10, triggers, prometheus: "http://prometheus:9090" },
    });
    expect(warnings).toEqual([
      "too little traffic in the bake time to judge: failed queries",
      expect.stringMatching(
        /^Prometheus did not answer in the bake time: failed queries: Prometheus did not answer: curl: \(7\)/,
      ),
    ]);
    expect(images()).toEqual([newImage]);
  });
});
