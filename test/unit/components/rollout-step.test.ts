import { beforeEach, describe, expect, test, vi } from "vitest";
import rollout from "../../../components/rollout/step.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { brokenMigration, newImage, newStack, oldImage, rolloutInputs, unhealthyImage } from "../../doubles/stack.ts";

const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));

let host: MemoryHost;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: new Date("2026-01-01T00:00:00Z") });
  ({ host } = newStack());
  engine.host = host;
  return () => vi.useRealTimers();
});

const images = (boxes: readonly { spec: { image: string } }[]) => boxes.map((box) => box.spec.image);

/** What must hold whenever no step is at work: one writer, which users reach, with the schema it was made for; nothing left behind. */
function expectOneReleaseServes(image: string, revision: string): void {
  expect(host.problems).toEqual([]);
  expect(images(host.running())).toEqual([image]);
  expect(host.running()[0]?.aliases).toContain("app");
  expect(host.running()[0]?.restart).toBe("unless-stopped");
  expect(host.data.revision).toBe(revision);
  expect(host.journal()).not.toHaveProperty("open");
  expect(host.roles().filter((role) => role !== "workload")).toEqual([]);
  expect(host.lostWrites()).toEqual([]);
}

describe("a release that succeeds", () => {
  test("the first one takes a set of the empty place, migrates, starts, proves, cuts over, commits", async () => {
    const facts = await rollout.reconcile(rolloutInputs(oldImage, "a"));
    expect(facts).toEqual({
      release: expect.stringMatching(/^r20260101-0000\d\d-[0-9a-f]{4}$/),
      migrated: "Migrated 1000 agent(s) to FREE tier",
      gapSeconds: 0,
    });
    expectOneReleaseServes(oldImage, "a");
    expect(host.journal()).toEqual({
      serving: { id: facts.release, container: host.running()[0]?.id, image: oldImage, revision: "a" },
      startedFrom: [...host.sets.keys()][0],
    });
    expect([...host.sets.values()]).toEqual([{ revision: undefined, writes: [] }]);
  });

  test("the second one stops the first before it backs up and keeps it, stopped for good", async () => {
    const first = await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.trace.length = 0;
    const second = await rollout.reconcile(rolloutInputs(newImage, "b"));
    expectOneReleaseServes(newImage, "b");
    expect(
      host.trace.filter((call) =>
        /^(stop|exec|create workload|start workload|realias|setRestart|put \/var)/.test(call),
      ),
    ).toEqual([
      "exec test -f",
      "exec alembic current",
      "put /var/lib/slipway",
      "setRestart no",
      "stop workload",
      "exec take",
      "put /var/lib/slipway",
      "exec test -f",
      "exec alembic current",
      "exec alembic upgrade",
      "exec alembic current",
      "exec sqlite3 /app/data/tmws.db",
      "create workload app",
      "start workload",
      "exec sh -c",
      "put /var/lib/slipway",
      "start workload",
      "realias",
      "setRestart unless-stopped",
      "put /var/lib/slipway",
    ]);
    const kept = host.workloads().find((box) => box.spec.image === oldImage);
    expect(kept).toMatchObject({ state: "stopped", restart: "no" });
    expect(host.journal()).toMatchObject({ serving: { id: second.release }, previous: { id: first.release } });
  });

  test("the third one forgets the first", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    await rollout.reconcile(rolloutInputs(newImage, "b"));
    await rollout.reconcile(rolloutInputs("sha256:third", "b"));
    expectOneReleaseServes("sha256:third", "b");
    expect(images(host.workloads())).toEqual([newImage, "sha256:third"]);
  });

  test("the same one twice is one result: nothing stops, nothing is taken", async () => {
    const first = await rollout.reconcile(rolloutInputs(oldImage, "a"));
    const before = { journal: host.journal(), sets: host.sets.size, boxes: [...host.boxes.keys()] };
    expect(await rollout.reconcile(rolloutInputs(oldImage, "a"))).toEqual({
      release: first.release,
      migrated: "nothing to migrate",
      gapSeconds: 0,
    });
    expect({ journal: host.journal(), sets: host.sets.size, boxes: [...host.boxes.keys()] }).toEqual(before);
  });

  test("a changed secret alone is a new release, and no label tells it", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    await rollout.reconcile(rolloutInputs(oldImage, "a", { KEY: "another-secret-value" }));
    expect(host.running()[0]?.spec.env).toEqual({ PLAIN: "1", KEY: "another-secret-value" });
    const [kept, serving] = host.workloads();
    expect(serving?.labels["slipway.definition"]).toBe(kept?.labels["slipway.definition"]);
  });

  test("a container that stopped by itself is released again", async () => {
    const first = await rollout.reconcile(rolloutInputs(oldImage, "a"));
    await host.stop(host.running()[0]?.id ?? "");
    const again = await rollout.reconcile(rolloutInputs(oldImage, "a"));
    expect(again.release).not.toBe(first.release);
    expectOneReleaseServes(oldImage, "a");
  });

  test("a container that somebody removed is released again", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    await host.remove(host.running()[0]?.id ?? "");
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    expectOneReleaseServes(oldImage, "a");
  });
});

describe("when a run is wanted", () => {
  const wanted = { ...rolloutInputs(oldImage, "a") } as unknown as Record<string, unknown>;

  test("not when nothing differs, not when a deviation is gone", () => {
    expect(rollout.changed(wanted, { ...wanted })).toEqual([]);
    expect(rollout.changed({ ...wanted, deviation: "a release was cut off" }, wanted)).toEqual([]);
  });

  test("for a deviation, the same as last time too, and for any other input", () => {
    const deviating = { ...wanted, deviation: "a release was cut off" };
    expect(rollout.changed(wanted, deviating)).toEqual(["deviation"]);
    expect(rollout.changed(deviating, deviating)).toEqual(["deviation"]);
    expect(rollout.changed(wanted, { ...wanted, secretEnv: { KEY: "other" } })).toEqual(["secretEnv"]);
  });
});

describe("destroy", () => {
  test("stops and removes every workload of the stack", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    const facts = await rollout.reconcile(rolloutInputs(newImage, "b"));
    await rollout.remove?.({ ...rolloutInputs(newImage, "b"), ...facts });
    expect(host.roles()).toEqual([]);
    expect(host.trace.slice(-5)).toEqual(expect.arrayContaining(["stop workload", "remove workload"]));
  });
});

describe("a release that fails", () => {
  beforeEach(async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
  });

  test("its migration: the data are restored, the old release serves, the error says so", async () => {
    await expect(rollout.reconcile(rolloutInputs(brokenMigration, "b"))).rejects.toThrow(
      /^phase "migrate": migrating a to b: `alembic upgrade b` exited with 1; its last lines:\n {4}FAILED: no such table\nUndone: release r\S+ serves again, the data are as before\.$/,
    );
    expectOneReleaseServes(oldImage, "a");
    expect(host.restored).toHaveLength(1);
  });

  test("its readiness: its log is in the error, the data are restored, the old release serves", async () => {
    await expect(rollout.reconcile(rolloutInputs(unhealthyImage, "b"))).rejects.toThrow(
      /^phase "ready": not ready after 2 s; the last GET \/health: no answer: curl: \(7\) Failed to connect\s+000\nthe last lines of the new release's log:\n {4}log of sha256:unhealthy\nUndone: /,
    );
    expectOneReleaseServes(oldImage, "a");
  });

  test("an image that cannot read the data is refused before anything stops", async () => {
    host.data.revision = "from-the-future";
    await expect(rollout.reconcile(rolloutInputs(newImage, "b"))).rejects.toThrow(
      "the image cannot read the schema of the data (`alembic current` exited with 255): FAILED: Can't locate revision identified by 'from-the-future'. " +
        "The data were migrated by a newer image; release that one, or restore a backup set from before its migration.",
    );
    expect(images(host.running())).toEqual([oldImage]);
    expect(host.trace).not.toContain("stop workload");
  });

  test("the very first one leaves no workload and the empty place", async () => {
    const { host: bare } = newStack();
    engine.host = bare;
    await expect(rollout.reconcile(rolloutInputs(unhealthyImage, "a"))).rejects.toThrow(
      "It was the first release: its container was removed, the data are as before.",
    );
    expect(bare.roles()).toEqual([]);
    expect(bare.data).toEqual({ revision: undefined, writes: [] });
    expect(bare.journal()).toEqual({});
  });

  test("an error never shows a secret", async () => {
    host.fault = (call) => call === "create workload app";
    const leak = rolloutInputs(newImage, "b", { KEY: "the engine failed" });
    await expect(rollout.reconcile(leak)).rejects.toThrow('phase "start": ***: create workload app');
  });

  test("whichever one call of the engine fails, one release serves", { timeout: 60_000 }, async () => {
    const calls = await countCalls(async () => {
      await rollout.reconcile(rolloutInputs(newImage, "b"));
    });
    for (let at = 0; at < calls; at += 1) {
      const stack = newStack();
      host = stack.host;
      engine.host = host;
      await rollout.reconcile(rolloutInputs(oldImage, "a"));
      const start = host.calls;
      host.fault = (_, call) => call === start + at;
      await rollout.reconcile(rolloutInputs(newImage, "b")).catch(() => undefined);
      const failed = host.trace[start + at];
      host.nextProcess();
      const serving = host.running().map((box) => box.spec.image);
      expect(serving, `after a failed "${failed}"`).toHaveLength(1);
      expect(host.problems, `after a failed "${failed}"`).toEqual([]);
      expect(host.data.revision, `after a failed "${failed}"`).toBe(serving[0] === newImage ? "b" : "a");
    }
  });
});

async function countCalls(work: () => Promise<void>): Promise<number> {
  const before = host.calls;
  await work();
  return host.calls - before;
}
