import { beforeEach, describe, expect, test, vi } from "vitest";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import step from "../../../components/rollout/step.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import {
  brokenMigration,
  newImage,
  newStack,
  oldImage,
  overlapInputs,
  rolloutInputs,
  uncheckedImage,
  unhealthyImage,
  wrongImage,
} from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

let host: MemoryHost;
const release = (image: string, revision: string, secretEnv?: Record<string, string>) =>
  rollOut(host, rolloutInputs(image, revision, secretEnv));
const overlap = (image: string, revision: string, more: Parameters<typeof overlapInputs>[2] = {}) =>
  rollOut(host, overlapInputs(image, revision, more));

const images = (boxes: readonly { spec: { image: string } }[]) => boxes.map((box) => box.spec.image);
const byPart = () =>
  host
    .running()
    .map((box) => `${box.labels["slipway.part"]} ${box.spec.image}`)
    .sort();

/** What must hold whenever no step is at work: one writer, which users reach, with the schema it was made for; nothing left behind. */
function expectOneReleaseServes(image: string, revision: string): void {
  expect(host.problems).toEqual([]);
  expect(images(host.running())).toEqual([image]);
  expect(host.switch.open("app-8000")).toEqual([host.running()[0]?.aliases.at(-1)]);
  expect(host.running()[0]?.restart).toBe("unless-stopped");
  expect(host.data.revision).toBe(revision);
  expect(host.journal()).not.toHaveProperty("open");
  expect(host.roles().filter((role) => role !== "workload")).toEqual([]);
  expect(host.lostWrites()).toEqual([]);
}

describe("a stop-first release that succeeds", () => {
  beforeEach(() => {
    ({ host } = newStack());
  });

  test("the first one migrates the empty place, starts, proves, switches, commits", async () => {
    host.product.sets.set("20260101T000000Z-backup-point", { revision: undefined, writes: [] });
    const facts = await release(oldImage, "a");
    expect(facts).toEqual({
      release: expect.stringMatching(/^r20260101-0000\d\d-[0-9a-f]{4}$/),
      migrated: "Migrated 1000 agent(s) to FREE tier",
      heldSeconds: 0,
      seconds: expect.objectContaining({ create: expect.any(Number), migrate: expect.any(Number) }),
      warnings: [],
    });
    expectOneReleaseServes(oldImage, "a");
    const [box] = host.running();
    expect(host.journal()).toEqual({
      version: 2,
      owner: "file:///states",
      bad: [],
      serving: {
        id: facts.release,
        image: oldImage,
        revision: "a",
        reads: [],
        definition: expect.stringMatching(/^[0-9a-f]{16}$/),
        since: expect.stringMatching(/^2026-01-01T00:\d\d:\d\d\.\d00Z$/),
        replicas: [
          {
            id: box?.id,
            workload: "app",
            alias: `app-${facts.release}-0`,
            madeBy: facts.release,
            single: false,
            stopGraceSeconds: 30,
          },
        ],
        traffic: { "app-8000": [`app-${facts.release}-0`] },
      },
      startedFrom: "20260101T000000Z-backup-point",
      migratedBy: oldImage,
    });
  });

  test("the second one stops the first before it backs up and keeps it, stopped for good", async () => {
    const first = await release(oldImage, "a");
    host.trace.length = 0;
    const second = await release(newImage, "b");
    expectOneReleaseServes(newImage, "b");
    const told = host.trace.filter((call) =>
      /^(stop|create workload|start workload|setRestart|exec (take|alembic|set server|sh -c|sqlite3))/.test(call),
    );
    const [old, candidate] = [first.release, second.release].map((id) => `app-${id}-0`);
    expect(told).toEqual([
      "exec sqlite3 -bail",
      "exec sqlite3 -bail",
      "exec alembic show",
      "create workload app",
      "exec set server app-8000/slot1 state drain",
      "setRestart no",
      "stop workload app",
      // Of no release yet, and not running: strays are stopped whatever they are.
      "stop workload app",
      "exec take",
      "exec alembic upgrade",
      "exec sqlite3 -bail",
      "exec sqlite3 -bail",
      "start workload app",
      "exec sh -c",
      `exec set server app-8000/slot2 fqdn ${candidate}; set server candidate-app-8000/slot1 addr 127.0.0.9; set server candidate-app-8000/slot1 fqdn ${candidate}`,
      "exec set server candidate-app-8000/slot1 state ready",
      "exec sh -c",
      "start workload app",
      "exec set server app-8000/slot2 state ready",
      "exec sqlite3 -bail",
      "exec set server app-8000/slot1 state maint; set server app-8000/slot1 fqdn unset.invalid; set server candidate-app-8000/slot1 state maint; set server candidate-app-8000/slot1 fqdn unset.invalid",
      "setRestart unless-stopped",
    ]);
    const kept = host.workloads().find((box) => box.spec.image === oldImage);
    expect(kept).toMatchObject({ state: "stopped", restart: "no" });
    expect(kept?.aliases).toContain(old);
    expect(host.journal()).toMatchObject({ serving: { id: second.release }, previous: { id: first.release } });
  });

  test("requests wait from the hold to the switch, and how long is told", async () => {
    await release(oldImage, "a");
    const before = host.users.held;
    const { heldSeconds } = await release(newImage, "b");
    expect(host.users.held - before).toBeGreaterThan(5);
    // Each call takes a second, and nothing else does.
    expect(heldSeconds).toBeGreaterThanOrEqual(host.users.held - before);
    expect(host.problems).toEqual([]);
  });

  test("the third one forgets the first", async () => {
    await release(oldImage, "a");
    await release(newImage, "b");
    await release("sha256:third", "b");
    expectOneReleaseServes("sha256:third", "b");
    expect(images(host.workloads())).toEqual([newImage, "sha256:third"]);
  });

  test("the same one twice is one result: nothing stops, nothing is taken", async () => {
    const first = await release(oldImage, "a");
    const before = { journal: host.journal(), sets: host.sets.size, boxes: [...host.boxes.keys()] };
    expect(await release(oldImage, "a")).toEqual({
      release: first.release,
      migrated: "nothing to migrate",
      heldSeconds: 0,
      seconds: {},
      warnings: [],
    });
    expect({ journal: host.journal(), sets: host.sets.size, boxes: [...host.boxes.keys()] }).toEqual(before);
  });

  test("a changed secret alone is a new release, and no label tells it", async () => {
    await release(oldImage, "a");
    await release(oldImage, "a", { KEY: "another-secret-value" });
    expect(host.running()[0]?.spec.env).toEqual({ PLAIN: "1", KEY: "another-secret-value" });
    const [kept, serving] = host.workloads();
    expect(serving?.labels["slipway.definition"]).toBe(kept?.labels["slipway.definition"]);
  });

  test("a container that stopped by itself is released again", async () => {
    const first = await release(oldImage, "a");
    host.end(host.running()[0]?.id ?? "");
    const again = await release(oldImage, "a");
    expect(again.release).not.toBe(first.release);
    expectOneReleaseServes(oldImage, "a");
  });

  test("a container that somebody removed is released again", async () => {
    await release(oldImage, "a");
    host.lose(host.running()[0]?.id ?? "");
    await release(oldImage, "a");
    expectOneReleaseServes(oldImage, "a");
  });

  test("a switch that was killed comes back as it was", async () => {
    await release(oldImage, "a");
    const second = await release(newImage, "b");
    host.switch.restart();
    expect(host.switch.open("app-8000")).toEqual([`app-${second.release}-0`]);
  });
});

describe("an overlapping release that succeeds", () => {
  beforeEach(() => {
    ({ host } = newStack("overlap"));
  });

  const all = (image: string, web = 3, workers = 2) => [
    ...Array(web).fill(`app ${image}`),
    `scheduler ${image}`,
    ...Array(workers).fill(`worker ${image}`),
  ];

  test("migrates while the old one serves, switches at once, keeps the old one stopped", async () => {
    const first = await overlap(oldImage, "a");
    host.trace.length = 0;
    const held = host.users.held;
    const second = await overlap(newImage, "b");
    expect(byPart()).toEqual(all(newImage));
    expect(host.problems).toEqual([]);
    expect(host.users.held).toBe(held);
    expect(host.lostWrites()).toEqual([]);
    expect(host.data.revision).toBe("b");
    expect(host.switch.open("app-8000")).toEqual([0, 1, 2].map((index) => `app-${second.release}-${index}`));
    expect(Object.keys(second.seconds)).toEqual([
      ...["migrate", "create", "start", "ready", "probe", "switch", "drain", "retire", "commit"],
    ]);
    expect(host.journal()).toMatchObject({ serving: { id: second.release }, previous: { id: first.release } });
    const kept = host.workloads().filter((box) => box.spec.image === oldImage);
    expect(kept.map(({ state, restart }) => [state, restart])).toEqual(Array(6).fill(["stopped", "no"]));
  });

  test("the barrier: gates open and the switch turns after every proof, never before", async () => {
    await overlap(oldImage, "a");
    host.trace.length = 0;
    await overlap(newImage, "a");
    const at = (pattern: RegExp) => host.trace.findIndex((call) => pattern.test(call));
    const lastProof = host.trace.findLastIndex((call) => /^exec (check|sh -c)/.test(call));
    expect(at(/ gates$/)).toBeGreaterThan(lastProof);
    expect(at(/server app-8000\/slot4 state ready/)).toBeGreaterThan(at(/ gates$/));
    // Never two of a kind that must be single: the old one ends before the gate opens.
    expect(at(/^stop workload scheduler/)).toBeLessThan(at(/ gates$/));
    expect(at(/^stop workload (app|worker)/)).toBeGreaterThan(at(/server app-8000\/slot4 state ready/));
  });

  test("scaling up adds what is missing, scaling down retires what is too much; the others go on", async () => {
    await overlap(oldImage, "a", { web: 1, workers: 1 });
    const [one] = host.running().filter((box) => box.labels["slipway.part"] === "app");
    await overlap(oldImage, "a", { web: 3, workers: 2 });
    expect(byPart()).toEqual(all(oldImage));
    expect(host.box(one?.id ?? "").state).toBe("running");
    expect(host.switch.open("app-8000")).toHaveLength(3);
    await overlap(oldImage, "a", { web: 1, workers: 1 });
    expect(byPart()).toEqual(all(oldImage, 1, 1));
    expect(host.switch.open("app-8000")).toEqual([one?.aliases.at(-1)]);
    expect(host.problems).toEqual([]);
    expect(host.lostWrites()).toEqual([]);
  });

  test("a replica that stopped by itself is replaced, the others go on", async () => {
    await overlap(oldImage, "a");
    const [first, ...others] = host.running();
    host.end(first?.id ?? "");
    await overlap(oldImage, "a");
    expect(byPart()).toEqual(all(oldImage));
    for (const { id } of others) expect(host.box(id).state).toBe("running");
    expect(host.problems).toEqual([]);
  });

  test("what is still open after the drain is told", async () => {
    await overlap(oldImage, "a", { web: 1 });
    host.switch.inFlight.set("app-8000/slot1", 2);
    expect((await overlap(newImage, "a", { web: 1 })).warnings).toEqual([
      "2 requests or streams were still open after the drain of 30 s and were closed",
    ]);
  });
});

describe("when a run is wanted", () => {
  const wanted = { ...rolloutInputs(oldImage, "a") } as unknown as Record<string, unknown>;

  test("not when nothing differs, not when a deviation is gone", () => {
    expect(step.changed(wanted, { ...wanted })).toEqual([]);
    expect(step.changed({ ...wanted, deviation: "a release was cut off" }, wanted)).toEqual([]);
  });

  test("not for another webhook, nor for another address of the same state", () => {
    const other = { ...wanted, webhook: "https://hooks.example.org/x", owner: "s3://states", takeOver: "file:///a" };
    expect(step.changed(wanted, other)).toEqual([]);
  });

  test("for a deviation, the same as last time too, and for any other input", () => {
    const deviating = { ...wanted, deviation: "a release was cut off" };
    expect(step.changed(wanted, deviating)).toEqual(["deviation"]);
    expect(step.changed(deviating, deviating)).toEqual(["deviation"]);
    expect(step.changed(wanted, { ...wanted, secretEnv: { app: { KEY: "other" } } })).toEqual(["secretEnv"]);
  });
});

describe("a stop-first release that fails", () => {
  beforeEach(async () => {
    ({ host } = newStack());
    await release(oldImage, "a");
  });

  test("its migration: the data are restored, the old release serves, the error says so", async () => {
    await expect(release(brokenMigration, "b")).rejects.toThrow(
      /^phase "migrate": migrating to b: `alembic upgrade b` exited with 1; its last lines:\n {4}FAILED: no such table\nthe last lines of app-r\S+-0:\n {4}log of sha256:broken-migration\nUndone: release r\S+ serves again, the data are as before\.$/,
    );
    expectOneReleaseServes(oldImage, "a");
    expect(host.restored).toHaveLength(1);
  });

  test("its readiness: its log is in the error, the data are restored, the old release serves", async () => {
    await expect(release(unhealthyImage, "b")).rejects.toThrow(
      /^phase "ready": not ready after 2 s; the last GET \/health: no answer: curl: \(7\) Failed to connect\s+000\nthe last lines of app-r\S+-0:\n {4}log of sha256:unhealthy\nUndone: /,
    );
    expectOneReleaseServes(oldImage, "a");
  });

  test("its probe: no user ever reached it", async () => {
    await expect(release(wrongImage, "b")).rejects.toThrow(
      /^phase "probe": probe "works" \(GET \/probe\): wanted status 200, got 500 /,
    );
    expectOneReleaseServes(oldImage, "a");
    expect(host.restored).toHaveLength(1);
  });

  test("its hold: beyond what users were promised it goes back", async () => {
    const inputs = rolloutInputs(newImage, "b", undefined, { times: { ready: 2, drain: 30, hold: 5 } });
    await expect(rollOut(host, inputs)).rejects.toThrow(
      /requests were held \d+\.0 s beside the new release's own start-up, allowed are 5 s \(slipway:rollout\.holdSeconds\)\n/,
    );
    expectOneReleaseServes(oldImage, "a");
  });

  test("an image that cannot read the data is refused before anything stops", async () => {
    host.data.revision = "from-the-future";
    host.trace.length = 0;
    await expect(release(newImage, "b")).rejects.toThrow(
      "the data are at schema revision from-the-future, which this image does not know (it wants b). Release the newer image again, or say how to go back: ",
    );
    expect(images(host.running())).toEqual([oldImage]);
    expect(host.trace.filter((call) => call.startsWith("stop workload"))).toEqual([]);
  });

  test("the very first one leaves no workload and the empty place", async () => {
    ({ host } = newStack());
    host.product.sets.set("20260101T000000Z-backup-point", { revision: undefined, writes: [] });
    await expect(release(unhealthyImage, "a")).rejects.toThrow(
      "It was the first release: its containers were removed, the data are as before.",
    );
    expect(host.roles()).toEqual([]);
    expect(host.data).toEqual({ revision: undefined, writes: [] });
    expect(host.journal()).toEqual({ version: 2, owner: "file:///states", bad: [] });
  });

  test("an error never shows a secret", async () => {
    host.fault = (call) => call === "create workload app";
    await expect(release(newImage, "b", { KEY: "the engine failed" })).rejects.toThrow(
      'phase "create": ***: create workload app',
    );
  });

  test("whichever one call of the engine fails, one release serves", { timeout: 60_000 }, async () => {
    const before = host.calls;
    await release(newImage, "b");
    const calls = host.calls - before;
    for (let at = 0; at < calls; at += 1) {
      ({ host } = newStack());
      await release(oldImage, "a");
      const start = host.calls;
      host.fault = (_, call) => call === start + at;
      await release(newImage, "b").catch(() => undefined);
      const failed = host.trace[start + at];
      host.nextProcess();
      const serving = images(host.running());
      expect(serving, `after a failed "${failed}"`).toHaveLength(1);
      expect(host.problems, `after a failed "${failed}"`).toEqual([]);
      expect(host.data.revision, `after a failed "${failed}"`).toBe(serving[0] === newImage ? "b" : "a");
    }
  });
});

describe("an overlapping release that fails", () => {
  beforeEach(async () => {
    ({ host } = newStack("overlap"));
    await overlap(oldImage, "a");
  });

  test.each([
    ["never ready", unhealthyImage, /^phase "ready": not ready after 2 s/],
    ["a wrong answer to its probe", wrongImage, /^phase "probe": probe "works"/],
    ["a worker whose check fails", uncheckedImage, /^phase "ready": the check of worker worker-r\S+ \(`check`\) did/],
    ["its migration", brokenMigration, /^phase "migrate": migrating to b/],
  ])("%s: the old one never stopped, no user met the new one", async (_, image, words) => {
    const before = byPart();
    host.trace.length = 0;
    const held = host.users.held;
    await expect(overlap(image, "b")).rejects.toThrow(words);
    expect(byPart()).toEqual(before);
    expect(host.problems).toEqual([]);
    expect(host.users.held).toBe(held);
    expect(host.lostWrites()).toEqual([]);
    expect(host.workloads()).toHaveLength(6);
    expect(host.trace.filter((call) => / gates$/.test(call))).toEqual([]);
  });

  test("whichever one call of the engine fails, one release serves and no write is lost", {
    timeout: 60_000,
  }, async () => {
    const before = host.calls;
    await overlap(newImage, "b");
    const calls = host.calls - before;
    for (let at = 0; at < calls; at += 1) {
      ({ host } = newStack("overlap"));
      await overlap(oldImage, "a");
      const start = host.calls;
      host.fault = (_, call) => call === start + at;
      await overlap(newImage, "b").catch(() => undefined);
      const failed = `after a failed "${host.trace[start + at]}"`;
      host.nextProcess();
      expect(new Set(images(host.running().filter((box) => host.works(box)))).size, failed).toBe(1);
      expect(host.switch.open("app-8000"), failed).toHaveLength(3);
      expect(host.problems, failed).toEqual([]);
      expect(host.lostWrites(), failed).toEqual([]);
    }
  });
});
