import { beforeEach, describe, expect, test, vi } from "vitest";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import { smokeTest } from "../../../components/smoke-test/reconcile.ts";
import { useClock } from "../../doubles/clock.ts";
import { newImage, newStack, oldImage, rolloutInputs, type Stack, smokeInputs } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

let stack: Stack;

beforeEach(() => {
  stack = newStack();
});

const release = async (image: string, revision: string) =>
  (await rollOut(stack.host, rolloutInputs(image, revision))).release;
const prove = (id: string, image: string) => smokeTest(stack.host, smokeInputs(id, image));
const serving = () => stack.host.running().map((box) => box.spec.image);

describe("which release counts as proved", () => {
  // A later failure is that of the edge, of Redis: undoing the release and its data, however old, would mend nothing.
  test("a release that was proved once is not undone by a later failure", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "b");
    await prove(second, newImage);
    stack.failingPaths.add("/import");
    const again = { ...smokeInputs(second, newImage), upstream: { containers: "another edge" } };
    await expect(smokeTest(stack.host, again)).rejects.toThrow(
      `Release ${second} was proved before and keeps serving: look at what changed around it.`,
    );
    expect(serving()).toEqual([newImage]);
    expect(stack.host.lostWrites()).toEqual([]);
  });

  test("a proved release that an undo went back to stays proved: a failure of what is around it does not undo that one too", async () => {
    const first = await release(oldImage, "a");
    await prove(first, oldImage);
    const second = await release(newImage, "a");
    stack.failingPaths.add("/import");
    await prove(second, newImage).catch(() => undefined);
    await expect(prove(first, oldImage)).rejects.toThrow(`Release ${first} was proved before`);
    expect(serving()).toEqual([oldImage]);
  });

  test("an unproved release that an undo went back to is not called proved", async () => {
    const first = await release(oldImage, "a");
    const second = await release(newImage, "a");
    stack.failingPaths.add("/import");
    await prove(second, newImage).catch(() => undefined);
    expect(stack.host.journal()).not.toHaveProperty("proved");
    await expect(prove(first, oldImage)).rejects.toThrow(
      "There is no earlier release to go back to: this one keeps running, unproved.",
    );
    expect(serving()).toEqual([oldImage]);
  });

  // Its release after that starts from the bad one, which was stopped and never undone.
  test("an undo that failed at its first write does not make the bad release a proved one", async () => {
    const first = await release(oldImage, "a");
    await prove(first, oldImage);
    const bad = await release(newImage, "b");
    stack.failingPaths.add("/import");
    stack.host.fault = (call) => call === "put /var/lib/slipway";
    await expect(prove(bad, newImage)).rejects.toThrow(
      /\nThe undo failed too \(the engine failed: put \/var\/lib\/slipway\); run the same command again to mend it\.$/,
    );
    expect(serving()).toEqual([]);
    stack.host.nextProcess();
    const again = await release(newImage, "b");
    expect(stack.host.journal()).toMatchObject({ serving: { id: again }, previous: { id: bad }, proved: first });
    await expect(prove(again, newImage)).rejects.toThrow(`Undone: release ${bad} serves again, every write is kept.`);
    expect(stack.host.journal()).toMatchObject({ serving: { id: bad }, undone: { release: again }, proved: first });
    await expect(prove(bad, newImage)).rejects.toThrow(
      "There is no earlier release to go back to: this one keeps running, unproved.",
    );
    expect(serving()).toEqual([newImage]);
    expect(stack.host.problems).toEqual([]);
    expect(stack.host.lostWrites()).toEqual([]);
  });
});
