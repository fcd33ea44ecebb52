import { beforeEach, describe, expect, test, vi } from "vitest";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import step from "../../../components/rollout/step.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { newImage, newStack, oldImage, overlapInputs, rolloutInputs, unhealthyImage } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));
useClock();

let host: MemoryHost;

beforeEach(() => {
  ({ host } = newStack());
});

const release = (image: string, revision: string, secretEnv?: Record<string, string>) =>
  rollOut(host, rolloutInputs(image, revision, secretEnv));
const images = (boxes: readonly { spec: { image: string } }[]) => boxes.map((box) => box.spec.image);

describe("what only a second trouble shows", () => {
  test("a log that cannot be read does not keep the undo from happening", async () => {
    await release(oldImage, "a");
    host.fault = (call) => call === "logs";
    await expect(release(unhealthyImage, "b")).rejects.toThrow(
      /\nthe log of app-r\S+-0 cannot be read: the engine failed: logs\nUndone: release r\S+ serves again, the data are as before\.$/,
    );
    expect(images(host.running())).toEqual([oldImage]);
  });

  test("a commit that fails once goes forward, because users may have reached the new release", async () => {
    await release(oldImage, "a");
    let failures = 0;
    host.fault = (call) => call === "setRestart unless-stopped" && ++failures === 1;
    await expect(release(newImage, "b")).rejects.toThrow(
      /^phase "commit": the engine failed: setRestart unless-stopped\n[\s\S]*\nRelease r\S+ was ready and serves; run the same command again to prove it\.$/,
    );
    expect(images(host.running())).toEqual([newImage]);
    expect(host.lostWrites()).toEqual([]);
  });

  test("an end that fails as well stays in the journal, and the next run mends it forward", async () => {
    await release(oldImage, "a");
    host.fault = (call) => call === "setRestart unless-stopped";
    await expect(release(newImage, "b")).rejects.toThrow(
      "The undo failed too (the engine failed: setRestart unless-stopped); the journal keeps it open: run the same command again to mend it.",
    );
    expect(host.journal()).toHaveProperty("open.ready");
    host.nextProcess();
    await release(newImage, "b");
    expect(images(host.running())).toEqual([newImage]);
    expect(host.switch.open("app-8000")).toEqual([host.running()[0]?.aliases.at(-1)]);
    expect(host.lostWrites()).toEqual([]);
    expect(host.problems).toEqual([]);
  });

  test("a workload of no release is stopped before the data are migrated", async () => {
    await release(oldImage, "a");
    host.files.clear(); // The journal is lost.
    await release(newImage, "b");
    expect(host.problems.filter((problem) => !problem.startsWith("a request reached"))).toEqual([]);
    expect(images(host.workloads())).toEqual([newImage]);
  });

  test("a kept release that runs again is stopped, for good", async () => {
    await release(oldImage, "a");
    await release(newImage, "b");
    const kept = host.workloads().find((box) => box.spec.image === oldImage);
    await host.start(kept?.id ?? "");
    await host.setRestart(kept?.id ?? "", "unless-stopped");
    await release(newImage, "b");
    expect(images(host.running())).toEqual([newImage]);
    expect(kept?.restart).toBe("no");
  });

  test("a secret that was withdrawn leaves the container", async () => {
    await release(oldImage, "a", { KEY: "the-secret-value", WITHDRAWN: "a-withdrawn-value" });
    await release(oldImage, "a", { KEY: "the-secret-value" });
    expect(host.running()[0]?.spec.env).toEqual({ PLAIN: "1", KEY: "the-secret-value" });
  });

  test("a switch that lost its state is told again where requests go, without a release", async () => {
    const { release: id } = await release(oldImage, "a");
    for (const backend of ["app-8000"]) host.switch.run("", `set server ${backend}/slot1 state maint`);
    expect(host.switch.open("app-8000")).toEqual([]);
    expect((await release(oldImage, "a")).release).toBe(id);
    expect(host.switch.open("app-8000")).toEqual([`app-${id}-0`]);
  });
});

describe("destroy", () => {
  test("stops and removes every workload of the stack", async () => {
    engine.host = host;
    await release(oldImage, "a");
    const facts = await release(newImage, "b");
    await step.remove?.({ ...rolloutInputs(newImage, "b"), ...facts });
    expect(host.roles()).toEqual([]);
    expect(host.trace.slice(-5)).toEqual(expect.arrayContaining(["stop workload app", "remove workload app"]));
  });
});

describe("another state's stack", () => {
  test("is left alone, and taken over only by who names its state", async () => {
    await release(oldImage, "a");
    const other = { ...rolloutInputs(newImage, "b"), owner: "s3://other" };
    await expect(rollOut(host, other)).rejects.toThrow(
      "the stack test on this Docker host belongs to another Pulumi state: file:///states, this one is s3://other.",
    );
    expect(images(host.running())).toEqual([oldImage]);
    await rollOut(host, { ...other, takeOver: "file:///states" });
    expect(host.journal()).toMatchObject({ owner: "s3://other", serving: { image: newImage } });
    await expect(release(oldImage, "a")).rejects.toThrow("belongs to another Pulumi state: s3://other");
  });
});

describe("a version that is older than the data", () => {
  beforeEach(async () => {
    await release(oldImage, "a");
    await release(newImage, "b");
  });
  const back = (way: "code" | "schema" | "data", reads: readonly string[] = []) =>
    rollOut(host, { ...rolloutInputs(oldImage, "a"), back: way, reads });

  test("by code: on the schema as it is, when its config says that it can read it", async () => {
    await expect(back("code")).rejects.toThrow("does not say that its code can work with b");
    const { migrated } = await back("code", ["b"]);
    expect(migrated).toBe("nothing to migrate");
    expect(images(host.running())).toEqual([oldImage]);
    expect(host.data.revision).toBe("b");
    expect(host.journal()?.serving).toMatchObject({ revision: "b", reads: ["b"] });
    expect([host.problems, host.lostWrites()]).toEqual([[], []]);
  });

  test("by schema: the newer image's downgrade, every write kept", async () => {
    const { migrated } = await back("schema");
    expect(migrated).toBe("downgraded to a");
    expect(images(host.running())).toEqual([oldImage]);
    expect(host.data.revision).toBe("a");
    expect([host.problems, host.lostWrites()]).toEqual([[], []]);
  });

  test("by data: the set from before, and what was written since is in the release's own set", async () => {
    const { migrated } = await back("data");
    const [, from, since] = /^went back to the data of (\S+); those from before are in (\S+)$/.exec(migrated) ?? [];
    expect([host.restored, from]).toEqual([[from], expect.stringMatching(/-release$/)]);
    expect(host.data.revision).toBe("a");
    const kept = new Set([...(host.sets.get(since ?? "")?.writes ?? []), ...host.data.writes]);
    expect(host.acknowledged.filter((write) => !kept.has(write))).toEqual([]);
    expect(host.problems).toEqual([]);
  });

  test("in overlap by data: the backup point from before the migration", async () => {
    ({ host } = newStack("overlap"));
    const point = "20260101T000000Z-backup-point";
    await rollOut(host, overlapInputs(oldImage, "a"));
    host.product.sets.set(point, structuredClone(host.data));
    await rollOut(host, overlapInputs(newImage, "b"));
    await rollOut(host, overlapInputs(oldImage, "a", { back: "data" }));
    expect([host.restored, host.data.revision]).toEqual([[point], "a"]);
    const since = host.sets.get([...host.sets.keys()].find((name) => name.endsWith("-release")) ?? "");
    const kept = new Set([...(since?.writes ?? []), ...host.data.writes]);
    expect(host.acknowledged.filter((write) => !kept.has(write))).toEqual([]);
    expect(host.problems).toEqual([]);
  });

  test("in overlap too everything stops first where the schema goes back", async () => {
    ({ host } = newStack("overlap"));
    await rollOut(host, overlapInputs(oldImage, "a"));
    await rollOut(host, overlapInputs(newImage, "b"));
    await rollOut(host, overlapInputs(oldImage, "a", { back: "schema" }));
    expect(new Set(images(host.running()))).toEqual(new Set([oldImage]));
    expect(host.data.revision).toBe("a");
    expect([host.problems, host.lostWrites()]).toEqual([[], []]);
  });
});

// Dozens of releases in a test: a busy machine may take its time.
describe("the process of the step is killed before any of its calls", { timeout: 60_000 }, () => {
  interface Outcome {
    readonly before: string;
    readonly problems: readonly string[];
    readonly running: readonly string[];
    readonly routed: boolean;
    readonly fits: boolean;
    readonly leftovers: readonly string[];
    readonly open: boolean;
    readonly lost: number;
  }

  /** Releases the second image, dies before call `at`, then the next `up` comes with the same wish. */
  async function crash(at: number): Promise<Outcome> {
    ({ host } = newStack());
    await release(oldImage, "a");
    host.endBefore(at);
    await release(newImage, "b").catch(() => undefined);
    const before = host.trace.at(-1) ?? "";
    host.nextProcess();
    await release(newImage, "b");
    const [first] = host.running();
    return {
      before,
      problems: host.problems,
      running: images(host.running()),
      routed: host.switch.open("app-8000").join() === first?.aliases.at(-1),
      fits: host.data.revision === "b",
      leftovers: host.roles().filter((role) => role !== "workload"),
      open: host.journal()?.open !== undefined,
      lost: host.lostWrites().length,
    };
  }

  async function everywhere(): Promise<readonly Outcome[]> {
    await release(oldImage, "a");
    const start = host.calls;
    await release(newImage, "b");
    const calls = host.calls - start;
    const outcomes: Outcome[] = [];
    for (let at = 0; at < calls; at += 1) outcomes.push(await crash(at));
    return outcomes;
  }

  test("the next run leaves exactly one release serving, the wanted one, its schema in place, nothing open, nothing left behind", async () => {
    const outcomes = await everywhere();
    expect(outcomes.length).toBeGreaterThan(30);
    for (const { before, lost: _, ...outcome } of outcomes) {
      expect(outcome, `killed after "${before}"`).toEqual({
        problems: [],
        running: [newImage],
        routed: true,
        fits: true,
        leftovers: [],
        open: false,
      });
    }
  });

  test("no write that a user was told is kept is lost", async () => {
    const outcomes = await everywhere();
    expect(outcomes.filter((outcome) => outcome.lost > 0).map((outcome) => outcome.before)).toEqual([]);
  });
});
