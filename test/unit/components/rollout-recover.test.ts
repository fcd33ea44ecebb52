import { beforeEach, describe, expect, test, vi } from "vitest";
import { recovered } from "../../../components/rollout/recover.ts";
import rollout from "../../../components/rollout/step.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { newImage, newStack, oldImage, place, rolloutInputs } from "../../doubles/stack.ts";

const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: new Date("2026-01-01T00:00:00Z") });
  return () => vi.useRealTimers();
});

interface Cut {
  readonly host: MemoryHost;
  /** The last call that happened. */
  readonly after: string;
  /** What the journal said at the time of the kill: whether the data may be changed, whether users may have reached the candidate. */
  readonly touched: boolean;
  readonly ready: boolean;
  readonly open: boolean;
}

/** A host on which the second release was killed before call `at`; undefined when it was through by then. */
async function killed(at: number): Promise<Cut | undefined> {
  const { host } = newStack();
  engine.host = host;
  await rollout.reconcile(rolloutInputs(oldImage, "a"));
  host.endBefore(at);
  const ended = await rollout.reconcile(rolloutInputs(newImage, "b")).then(
    () => false,
    () => true,
  );
  const after = host.trace.at(-1) ?? "";
  host.nextProcess();
  const { open } = host.journal() as { open?: { dataTouched: boolean; ready?: object } };
  const touched = open?.dataTouched ?? false;
  return ended ? { host, after, touched, ready: open?.ready !== undefined, open: open !== undefined } : undefined;
}

async function* everyKill(): AsyncGenerator<Cut> {
  for (let at = 0; ; at += 1) {
    const cut = await killed(at);
    if (cut === undefined) return;
    yield cut;
  }
}

const recover = (host: MemoryHost) =>
  recovered(host, place, rolloutInputs(newImage, "b").data, "test", async () => "worked");

const seen = (host: MemoryHost) => ({
  running: host.running().map((box) => [box.spec.image, box.restart, box.aliases.includes("app")]),
  revision: host.data.revision,
  open: Object.hasOwn(Object(host.journal()), "open"),
  leftovers: host.roles().filter((role) => role !== "workload"),
});

const old = { running: [[oldImage, "unless-stopped", true]], revision: "a", open: false, leftovers: [] };
const done = { running: [[newImage, "unless-stopped", true]], revision: "b", open: false, leftovers: [] };

// Hundreds of releases in a test: a busy machine may take its time.
describe("recovered", { timeout: 60_000 }, () => {
  test("after a kill before any call: back until the new release was ready, forward from then on; restored once iff the data were touched before", async () => {
    const ways = { back: 0, forward: 0, committed: 0 };
    for await (const { host, after, touched, ready, open } of everyKill()) {
      const committed = !open && host.running()[0]?.spec.image === newImage;
      ways[committed ? "committed" : ready ? "forward" : "back"] += 1;
      expect(await recover(host), after).toBe("worked");
      expect(seen(host), `killed after "${after}"`).toEqual(committed || ready ? done : old);
      expect(host.restored, `killed after "${after}"`).toHaveLength(touched && !ready ? 1 : 0);
      expect(host.problems, `killed after "${after}"`).toEqual([]);
      expect(host.lostWrites(), `killed after "${after}"`).toEqual([]);
    }
    expect(ways.back).toBeGreaterThan(30);
    // Before start, realias, setRestart and the commit itself; then before what tidies up.
    expect(ways.forward).toBe(4);
    expect(ways.committed).toBeGreaterThan(0);
  });

  test("nothing open: neither restores nor starts nor stops anything", async () => {
    const { host } = newStack();
    engine.host = host;
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.trace.length = 0;
    await recover(host);
    expect(host.trace).toEqual(["create lease lease", "get /var/lib/slipway/journal.json", "list", "remove lease"]);
  });

  /** A kill before any call of the release, then before any call of its mending, then a mending in peace. */
  async function killedTwice(judge: (cut: Cut, when: string) => void): Promise<number> {
    let cases = 0;
    for (let at = 0; (await killed(at)) !== undefined; at += 1) {
      for (let again = 0; ; again += 1) {
        const cut = await killed(at);
        if (cut === undefined || !cut.open) break;
        cut.host.endBefore(again);
        const ended = await recover(cut.host).then(
          () => false,
          () => true,
        );
        if (!ended) break;
        const when = `killed after "${cut.after}", its mending after "${cut.host.trace.at(-1)}"`;
        cut.host.nextProcess();
        await recover(cut.host);
        judge(cut, when);
        cases += 1;
      }
    }
    return cases;
  }

  test("a kill of the mending itself, before any of its calls, changes nothing: one result, no restore under a writer, no write lost", async () => {
    const cases = await killedTwice(({ host, ready }, when) => {
      expect(seen(host), when).toEqual(ready ? done : old);
      expect(host.problems, when).toEqual([]);
      expect(host.lostWrites(), when).toEqual([]);
    });
    expect(cases).toBeGreaterThan(150);
  });

  test("an old release that somebody removed meanwhile does not block the stack for ever", async () => {
    for await (const { host, after, ready, open } of everyKill()) {
      if (!open || ready) continue;
      const gone = host.workloads().find((box) => box.spec.image === oldImage);
      await host.remove(gone?.id ?? "");
      expect(await recover(host), `killed after "${after}"`).toBe("worked");
      for (const key of ["serving", "open"]) expect(host.journal(), `killed after "${after}"`).not.toHaveProperty(key);
      expect(host.running(), `killed after "${after}"`).toEqual([]);
      expect(host.data.revision, `killed after "${after}"`).toBe("a");
    }
  });

  test("a ready release that somebody removed meanwhile is undone", async () => {
    for await (const { host, after, ready } of everyKill()) {
      if (!ready) continue;
      const gone = host.workloads().find((box) => box.spec.image === newImage);
      await host.remove(gone?.id ?? "");
      await recover(host);
      expect(seen(host), `killed after "${after}"`).toEqual(old);
      expect(host.problems, `killed after "${after}"`).toEqual([]);
    }
  });
});
