import { beforeEach, describe, expect, test, vi } from "vitest";
import rollout from "../../../components/rollout/step.ts";
import smokeTest from "../../../components/smoke-test/step.ts";
import { newImage, newStack, oldImage, rolloutInputs, type Stack, smokeInputs } from "../../doubles/stack.ts";

const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));

let stack: Stack;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: new Date("2026-01-01T00:00:00Z") });
  stack = newStack();
  engine.host = stack.host;
  return () => vi.useRealTimers();
});

const release = async (image: string, revision: string) =>
  (await rollout.reconcile(rolloutInputs(image, revision))).release;
const serving = () => stack.host.running().map((box) => box.spec.image);

describe("which release counts as proved", () => {
  // A later failure is that of the edge, of Redis: undoing the release and its data, however old, would mend nothing.
  test("a release that was proved once is not undone by a later failure", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "b");
    await smokeTest.reconcile(smokeInputs(second, newImage));
    stack.failingPaths.add("/import");
    const again = { ...smokeInputs(second, newImage), upstream: { containers: "another edge" } };
    await expect(smokeTest.reconcile(again)).rejects.toThrow(
      `Release ${second} was proved before and keeps serving: look at what changed around it.`,
    );
    expect(serving()).toEqual([newImage]);
    expect(stack.host.lostWrites()).toEqual([]);
  });

  test("a proved release that an undo went back to stays proved: a failure of what is around it does not undo that one too", async () => {
    const first = await release(oldImage, "a");
    await smokeTest.reconcile(smokeInputs(first, oldImage));
    const second = await release(newImage, "a");
    stack.failingPaths.add("/import");
    await smokeTest.reconcile(smokeInputs(second, newImage)).catch(() => undefined);
    await expect(smokeTest.reconcile(smokeInputs(first, oldImage))).rejects.toThrow(
      `Release ${first} was proved before`,
    );
    expect(serving()).toEqual([oldImage]);
  });

  test("an unproved release that an undo went back to is not called proved", async () => {
    const first = await release(oldImage, "a");
    const second = await release(newImage, "a");
    stack.failingPaths.add("/import");
    await smokeTest.reconcile(smokeInputs(second, newImage)).catch(() => undefined);
    expect(stack.host.journal()).not.toHaveProperty("proved");
    await expect(smokeTest.reconcile(smokeInputs(first, oldImage))).rejects.toThrow(
      "There is no earlier release to go back to: this one keeps running, unproved.",
    );
    expect(serving()).toEqual([oldImage]);
  });

  // Its release after that starts from the bad one, which was stopped and never undone.
  test("an undo that failed at its first write does not make the bad release a proved one", async () => {
    const first = await release(oldImage, "a");
    await smokeTest.reconcile(smokeInputs(first, oldImage));
    const bad = await release(newImage, "b");
    stack.failingPaths.add("/import");
    stack.host.fault = (call) => call === "put /var/lib/slipway";
    await expect(smokeTest.reconcile(smokeInputs(bad, newImage))).rejects.toThrow(
      /\nThe undo failed too \(the engine failed: put \/var\/lib\/slipway\); run the same command again to mend it\.$/,
    );
    expect(serving()).toEqual([]);
    stack.host.nextProcess();
    const again = await release(newImage, "b");
    expect(stack.host.journal()).toMatchObject({ serving: { id: again }, previous: { id: bad }, proved: first });
    await expect(smokeTest.reconcile(smokeInputs(again, newImage))).rejects.toThrow(
      `Undone: release ${bad} serves again.`,
    );
    expect(stack.host.journal()).toMatchObject({ serving: { id: bad }, undone: { release: again }, proved: first });
    await expect(smokeTest.reconcile(smokeInputs(bad, newImage))).rejects.toThrow(
      "There is no earlier release to go back to: this one keeps running, unproved.",
    );
    expect(serving()).toEqual([newImage]);
    expect(stack.host.problems).toEqual([]);
    expect(stack.host.lostWrites()).toEqual([]);
  });
});
