import { beforeEach, describe, expect, test, vi } from "vitest";
import backupPoint from "../../../components/backup/step.ts";
import { inOrder } from "../../../components/probe/order.ts";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import { smokeTest } from "../../../components/smoke-test/reconcile.ts";
import { useClock } from "../../doubles/clock.ts";
import { newImage, newStack, oldImage, place, rolloutInputs, type Stack, smokeInputs } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));
useClock();

let stack: Stack;

beforeEach(() => {
  stack = newStack();
});

const release = async (image: string, revision: string) =>
  (await rollOut(stack.host, rolloutInputs(image, revision))).release;
const prove = (id: string, image: string) => smokeTest(stack.host, smokeInputs(id, image));
/** Of a system that has no downgrade. */
const oneWay = (id: string, image: string) => {
  const inputs = smokeInputs(id, image);
  const { downgrade: _, ...schema } = inputs.schema;
  return { ...inputs, schema };
};
const serving = () => stack.host.running().map((box) => box.spec.image);

describe("inOrder", () => {
  test("cleanups come last, the rest keeps its order", () => {
    const probe = (name: string, cleanup?: true) => ({
      ...({ name, via: "edge", method: "GET", path: "/", expect: { status: 200 } } as const),
      ...(cleanup && { cleanup }),
    });
    expect(inOrder([probe("a"), probe("b", true), probe("c")]).map(({ name }) => name)).toEqual(["a", "c", "b"]);
  });
});

describe("a smoke test that passes", () => {
  test("proves exactly the release that Rollout made", async () => {
    const id = await release(oldImage, "a");
    expect(await prove(id, oldImage)).toEqual({
      proved: ["healthy", "imports", "removes"],
      provedRelease: id,
      reports: {},
    });
    expect(stack.host.roles()).toEqual(["workload"]);
    expect(stack.host.journal()).toMatchObject({ serving: { id }, proved: id });
  });

  test("never proves another release than the wanted one, and leaves that one alone", async () => {
    const id = await release(oldImage, "a");
    await expect(prove("r-other", oldImage)).rejects.toThrow(
      `release ${id} serves, not r-other; run the same command again to release it`,
    );
    expect(serving()).toEqual([oldImage]);
  });
});

describe("a smoke test that fails", () => {
  test("undoes a release that changed the schema by the newer image's downgrade: every write is kept, the rows as they were too", async () => {
    const first = await release(oldImage, "a");
    const second = await release(newImage, "b");
    stack.failingPaths.add("/import");
    await expect(prove(second, newImage)).rejects.toThrow(
      /^probe "imports"[^\n]+\nUndone: release r\S+ serves again, the schema is back at a; the rows as they were are in backup set 20260101T\d+Z-emergency\.\nthe last lines of app-r\S+-0:\n {4}log of sha256:new$/,
    );
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.data.revision).toBe("a");
    expect(stack.host.journal()).toMatchObject({ serving: { id: first }, undone: { release: second } });
    expect([stack.host.problems, stack.host.lostWrites(), stack.host.restored]).toEqual([[], [], []]);
  });

  test("undoes a release that changed the schema where there is no downgrade: old code, old data, and what was written since in an emergency set", async () => {
    const first = await release(oldImage, "a");
    const second = await release(newImage, "b");
    stack.failingPaths.add("/import");
    await expect(smokeTest(stack.host, oneWay(second, newImage))).rejects.toThrow(
      /Undone: release r\S+ serves again with the data of 20260101T\d+Z-release; what was written since is in backup set 20260101T\d+Z-emergency\.\n/,
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
    await expect(prove(second, newImage)).rejects.toThrow(/Undone: release r\S+ serves again, every write is kept\.\n/);
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.restored).toEqual([]);
    expect(stack.host.lostWrites()).toEqual([]);
  });

  test("leaves the very first release running, and says so", async () => {
    const id = await release(oldImage, "a");
    stack.failingPaths.add("/import");
    await expect(prove(id, oldImage)).rejects.toThrow(
      "There is no earlier release to go back to: this one keeps running, unproved.",
    );
    expect(serving()).toEqual([oldImage]);
  });

  test("its error shows no token", async () => {
    const id = await release(oldImage, "a");
    stack.failingPaths.add("/import");
    const inputs = { ...smokeInputs(id, oldImage), tokens: { apiKey: "broken" } };
    await expect(smokeTest(stack.host, inputs)).rejects.toThrow('{"status":"***"}');
  });

  test("killed before any call of its undo, the next run leaves one release serving with its schema", {
    timeout: 60_000,
  }, async () => {
    for (let at = 0; ; at += 1) {
      stack = newStack();
      await release(oldImage, "a");
      const second = await release(newImage, "b");
      stack.failingPaths.add("/import");
      stack.host.endBefore(at);
      const message = await prove(second, newImage).then(String, String);
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
    await prove(second, newImage).catch(() => undefined);
    await release(oldImage, "a");
    expect(stack.host.journal()).not.toHaveProperty("undone");
  });

  test("the set an undo goes back to is not pruned by the emergency set, with as few kept as the config allows", async () => {
    const few = { ...rolloutInputs(newImage, "b").data, keep: 3 };
    await rollOut(stack.host, { ...rolloutInputs(oldImage, "a"), data: few });
    const { mode, schema, dataSecrets } = rolloutInputs(newImage, "b");
    engine.host = stack.host;
    await backupPoint.reconcile({ host: "unix:///nowhere.sock", place, data: few, dataSecrets, mode, schema });
    const second = await rollOut(stack.host, { ...rolloutInputs(newImage, "b"), data: few });
    stack.failingPaths.add("/import");
    await smokeTest(stack.host, { ...oneWay(second.release, newImage), data: few }).catch(() => undefined);
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
    await smokeTest(stack.host, inputs).catch(() => undefined);
    expect(JSON.stringify(stack.host.journal())).not.toContain("broken");
    expect(stack.host.journal()).toMatchObject({ undone: { release: second, why: expect.stringContaining("***") } });
  });

  test("the first failure is told, not the cleanup's", async () => {
    const id = await release(oldImage, "a");
    stack.failingPaths.add("/import");
    await expect(prove(id, oldImage)).rejects.toThrow(/^probe "imports"/);
  });

  test("each cleanup runs after a failed probe too, and what it leaves is told when nothing else failed", async () => {
    const id = await release(oldImage, "a");
    const inputs = smokeInputs(id, oldImage);
    stack.failingPaths.add("/import");
    const before = stack.host.trace.length;
    await smokeTest(stack.host, inputs).catch(() => undefined);
    // One a probe: the first, which waited for the edge, is proved by that. Asked again, one that writes would find what it wrote.
    expect(stack.host.trace.slice(before).filter((call) => call === "exec sh -c")).toHaveLength(inputs.probes.length);
    const cleanupAlone = inputs.probes.filter(({ name }) => name !== "imports");
    await expect(smokeTest(stack.host, { ...inputs, probes: cleanupAlone })).rejects.toThrow(/^probe "removes"/);
  });

  test("an undo that fails as well is told after the reason, and the next run mends it", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "b");
    stack.failingPaths.add("/import");
    stack.host.fault = (call) => call === "exec restore";
    await expect(smokeTest(stack.host, oneWay(second, newImage))).rejects.toThrow(
      /^probe "imports"[^\n]+\nThe undo failed too \(the engine failed: exec restore\); run the same command again to mend it\.$/,
    );
    stack.host.nextProcess();
    await release(oldImage, "a");
    expect(serving()).toEqual([oldImage]);
    expect(stack.host.data.revision).toBe("a");
    expect(stack.host.problems).toEqual([]);
  });
});
