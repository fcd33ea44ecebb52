import { beforeEach, describe, expect, test, vi } from "vitest";
import backupPoint from "../../../components/backup/step.ts";
import rollout from "../../../components/rollout/step.ts";
import { ordered } from "../../../components/smoke-test/spec.ts";
import smokeTest from "../../../components/smoke-test/step.ts";
import { newImage, newStack, oldImage, place, rolloutInputs, type Stack, smokeInputs } from "../../doubles/stack.ts";

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

describe("ordered", () => {
  test("cleanups come last, the rest keeps its order", () => {
    const probe = (name: string, cleanup?: true) => ({
      ...({ name, via: "edge", method: "GET", path: "/", expect: { status: 200 } } as const),
      ...(cleanup && { cleanup }),
    });
    const { tests, cleanups } = ordered([probe("a"), probe("b", true), probe("c")]);
    expect(tests.map(({ name }) => name)).toEqual(["a", "c"]);
    expect(cleanups.map(({ name }) => name)).toEqual(["b"]);
  });
});

describe("a smoke test that passes", () => {
  test("proves exactly the release that Rollout made", async () => {
    const id = await release(oldImage, "a");
    expect(await smokeTest.reconcile(smokeInputs(id, oldImage))).toEqual({
      proved: ["healthy", "imports", "removes"],
      provedRelease: id,
    });
    expect(stack.host.roles()).toEqual(["workload"]);
    expect(stack.host.journal()).toMatchObject({ serving: { id }, proved: id });
  });

  test("never proves another release than the wanted one, and leaves that one alone", async () => {
    const id = await release(oldImage, "a");
    await expect(smokeTest.reconcile(smokeInputs("r-other", oldImage))).rejects.toThrow(
      `release ${id} serves, not r-other; run the same command again to release it`,
    );
    expect(serving()).toEqual([oldImage]);
  });
});

describe("a smoke test that fails", () => {
  test("undoes a release that changed the schema: old code, old data, and what was written since in an emergency set", async () => {
    const first = await release(oldImage, "a");
    const second = await release(newImage, "b");
    stack.failingPaths.add("/import");
    await expect(smokeTest.reconcile(smokeInputs(second, newImage))).rejects.toThrow(
      /Undone: release r\S+ serves again with the data of 20260101T\d+Z-release; what was written since is in backup set 20260101T\d+Z-emergency\.$/,
    );
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.data.revision).toBe("a");
    expect(stack.host.problems).toEqual([]);
    expect(stack.host.journal()).toMatchObject({ serving: { id: first }, undone: { release: second } });
    expect(stack.host.journal()).not.toHaveProperty("open");
    expect(stack.host.workloads()).toHaveLength(1);
    const emergency = [...stack.host.sets].find(([name]) => name.endsWith("-emergency"))?.[1];
    expect(
      stack.host.acknowledged.filter(
        (write) => !emergency?.writes.includes(write) && !stack.host.data.writes.includes(write),
      ),
    ).toEqual([]);
  });

  test("undoes a release that kept the schema without touching the data", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "a");
    stack.failingPaths.add("/import");
    await expect(smokeTest.reconcile(smokeInputs(second, newImage))).rejects.toThrow(
      /Undone: release r\S+ serves again\.$/,
    );
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.restored).toEqual([]);
    expect(stack.host.lostWrites()).toEqual([]);
  });

  test("leaves the very first release running, and says so", async () => {
    const id = await release(oldImage, "a");
    stack.failingPaths.add("/import");
    await expect(smokeTest.reconcile(smokeInputs(id, oldImage))).rejects.toThrow(
      "There is no earlier release to go back to: this one keeps running, unproved.",
    );
    expect(serving()).toEqual([oldImage]);
  });

  test("its error shows no token", async () => {
    const id = await release(oldImage, "a");
    stack.failingPaths.add("/import");
    const inputs = { ...smokeInputs(id, oldImage), tokens: { apiKey: "broken" } };
    await expect(smokeTest.reconcile(inputs)).rejects.toThrow('{"status":"***"}');
  });

  test("killed before any call of its undo, the next run leaves one release serving with its schema", {
    timeout: 60_000,
  }, async () => {
    for (let at = 0; ; at += 1) {
      stack = newStack();
      engine.host = stack.host;
      await release(oldImage, "a");
      const second = await release(newImage, "b");
      stack.failingPaths.add("/import");
      stack.host.endBefore(at);
      const message = await smokeTest.reconcile(smokeInputs(second, newImage)).then(String, String);
      if (!message.includes("ended before")) break;
      const when = `killed after "${stack.host.trace.at(-1)}"`;
      stack.host.nextProcess();
      stack.failingPaths.clear();
      await release(newImage, "b");
      expect(serving(), when).toEqual([newImage]);
      expect(stack.host.data.revision, when).toBe("b");
      expect(stack.host.journal(), when).not.toHaveProperty("open");
      expect(stack.host.problems, when).toEqual([]);
      expect(stack.host.roles(), when).not.toContain("session");
      expect(at).toBeLessThan(200);
    }
  });

  test("an undone release is forgotten once the old one is wanted again", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "b");
    stack.failingPaths.add("/import");
    await smokeTest.reconcile(smokeInputs(second, newImage)).catch(() => undefined);
    await release(oldImage, "a");
    expect(stack.host.journal()).not.toHaveProperty("undone");
  });

  test("the set an undo goes back to is not pruned by the emergency set, with as few kept as the config allows", async () => {
    const few = { ...rolloutInputs(newImage, "b").data, keep: 3 };
    await rollout.reconcile({ ...rolloutInputs(oldImage, "a"), data: few });
    await backupPoint.reconcile({ host: "unix:///nowhere.sock", place, data: few, revision: "b" });
    const second = await rollout.reconcile({ ...rolloutInputs(newImage, "b"), data: few });
    stack.failingPaths.add("/import");
    await smokeTest.reconcile({ ...smokeInputs(second.release, newImage), data: few }).catch(() => undefined);
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.data.revision).toBe("a");
    expect([...stack.host.sets.keys()].map((name) => name.replace(/^\S+?-/, "")).sort()).toEqual([
      "backup-point",
      "emergency",
      "release",
    ]);
  });

  // The switch mounts it.
  test("the journal shows no token", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "a");
    stack.failingPaths.add("/import");
    const inputs = { ...smokeInputs(second, newImage), tokens: { apiKey: "broken" } };
    await smokeTest.reconcile(inputs).catch(() => undefined);
    expect(JSON.stringify(stack.host.journal())).not.toContain("broken");
    expect(stack.host.journal()).toMatchObject({ undone: { release: second, why: expect.stringContaining("***") } });
  });

  test("the first failure is told, not the cleanup's", async () => {
    const id = await release(oldImage, "a");
    stack.failingPaths.add("/import");
    await expect(smokeTest.reconcile(smokeInputs(id, oldImage))).rejects.toThrow(/^probe "imports"/);
  });

  test("each cleanup runs after a failed probe too, and what it leaves is told when nothing else failed", async () => {
    const id = await release(oldImage, "a");
    const inputs = smokeInputs(id, oldImage);
    stack.failingPaths.add("/import");
    const before = stack.host.trace.length;
    await smokeTest.reconcile(inputs).catch(() => undefined);
    expect(stack.host.trace.slice(before).filter((call) => call === "exec sh -c")).toHaveLength(4);
    const cleanupAlone = inputs.probes.filter(({ name }) => name !== "imports");
    await expect(smokeTest.reconcile({ ...inputs, probes: cleanupAlone })).rejects.toThrow(/^probe "removes"/);
  });

  test("an undo that fails as well is told after the reason, and the next run mends it", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "b");
    stack.failingPaths.add("/import");
    stack.host.fault = (call) => call === "exec restore";
    await expect(smokeTest.reconcile(smokeInputs(second, newImage))).rejects.toThrow(
      /^probe "imports"[^\n]+\nThe undo failed too \(the engine failed: exec restore\); run the same command again to mend it\.$/,
    );
    stack.host.nextProcess();
    await release(oldImage, "a");
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.data.revision).toBe("a");
    expect(stack.host.problems).toEqual([]);
  });
});
