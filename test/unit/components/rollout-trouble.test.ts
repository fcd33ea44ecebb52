import { beforeEach, describe, expect, test, vi } from "vitest";
import rollout from "../../../components/rollout/step.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { newImage, newStack, oldImage, rolloutInputs, unhealthyImage } from "../../doubles/stack.ts";

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

describe("what only a second trouble shows", () => {
  test("a log that cannot be read does not keep the undo from happening", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.fault = (call) => call === "logs";
    await expect(rollout.reconcile(rolloutInputs(unhealthyImage, "b"))).rejects.toThrow(
      /\nthe new release's log cannot be read: the engine failed: logs\nUndone: release r\S+ serves again, the data are as before\.$/,
    );
    expect(images(host.running())).toEqual([oldImage]);
  });

  test("a cut-over that fails once goes forward, because users may have reached the new release", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    let failures = 0;
    host.fault = (call) => call === "setRestart unless-stopped" && ++failures === 1;
    await expect(rollout.reconcile(rolloutInputs(newImage, "b"))).rejects.toThrow(
      /^phase "cut-over": the engine failed: setRestart unless-stopped\n[\s\S]*\nRelease r\S+ was ready and serves; run the same command again to prove it\.$/,
    );
    expect(images(host.running())).toEqual([newImage]);
    expect(host.lostWrites()).toEqual([]);
  });

  test("an end that fails as well stays in the journal, and the next run mends it forward", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.fault = (call) => call === "realias";
    await expect(rollout.reconcile(rolloutInputs(newImage, "b"))).rejects.toThrow(
      "The undo failed too (the engine failed: realias); the journal keeps it open: run the same command again to mend it.",
    );
    expect(host.journal()).toHaveProperty("open.ready");
    host.nextProcess();
    await rollout.reconcile(rolloutInputs(newImage, "b"));
    expect(images(host.running())).toEqual([newImage]);
    expect(host.running()[0]?.aliases).toContain("app");
    expect(host.lostWrites()).toEqual([]);
    expect(host.problems).toEqual([]);
  });

  test("a workload of no release is stopped before the data are migrated", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.files.clear(); // The journal is lost.
    await rollout.reconcile(rolloutInputs(newImage, "b"));
    expect(host.problems).toEqual([]);
  });

  test("a kept release that runs again is stopped, for good", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    await rollout.reconcile(rolloutInputs(newImage, "b"));
    const kept = host.workloads().find((box) => box.spec.image === oldImage);
    await host.start(kept?.id ?? "");
    await host.setRestart(kept?.id ?? "", "unless-stopped");
    await rollout.reconcile(rolloutInputs(newImage, "b"));
    expect(images(host.running())).toEqual([newImage]);
    expect(kept?.restart).toBe("no");
  });

  test("a secret that was withdrawn leaves the container", async () => {
    await rollout.reconcile(rolloutInputs(oldImage, "a", { KEY: "the-secret-value", WITHDRAWN: "a-withdrawn-value" }));
    await rollout.reconcile(rolloutInputs(oldImage, "a", { KEY: "the-secret-value" }));
    expect(host.running()[0]?.spec.env).toEqual({ PLAIN: "1", KEY: "the-secret-value" });
  });
});

// Dozens of releases in a test: a busy machine may take its time.
describe("the process of the step is killed before any of its calls", { timeout: 60_000 }, () => {
  interface Outcome {
    readonly before: string;
    readonly problems: readonly string[];
    readonly running: readonly string[];
    readonly alias: boolean;
    readonly fits: boolean;
    readonly leftovers: readonly string[];
    readonly open: boolean;
    readonly lost: number;
  }

  /** Releases the second image, dies before call `at`, then the next `up` comes with the same wish. */
  async function crash(at: number): Promise<Outcome> {
    ({ host } = newStack());
    engine.host = host;
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.endBefore(at);
    await rollout.reconcile(rolloutInputs(newImage, "b")).catch(() => undefined);
    const before = host.trace.at(-1) ?? "";
    host.nextProcess();
    await rollout.reconcile(rolloutInputs(newImage, "b"));
    const running = images(host.running());
    return {
      before,
      problems: host.problems,
      running,
      alias: host.running().every((box) => box.aliases.includes("app")),
      fits: host.data.revision === "b",
      leftovers: host.roles().filter((role) => role !== "workload"),
      open: Object.hasOwn(Object(host.journal()), "open"),
      lost: host.lostWrites().length,
    };
  }

  async function everywhere(): Promise<readonly Outcome[]> {
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    const calls = await countCalls(async () => {
      await rollout.reconcile(rolloutInputs(newImage, "b"));
    });
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
        alias: true,
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

async function countCalls(work: () => Promise<void>): Promise<number> {
  const before = host.calls;
  await work();
  return host.calls - before;
}
