import { describe, expect, test, vi } from "vitest";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import { recovered } from "../../../components/rollout/recover.ts";
import type { RolloutInputs } from "../../../components/rollout/spec.ts";
import { useClock } from "../../doubles/clock.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { type Mode, newImage, newStack, oldImage, overlapInputs, place, rolloutInputs } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

interface Cut {
  readonly host: MemoryHost;
  /** The last call that happened. */
  readonly after: string;
  /** What the journal said at the time of the kill: whether the data may be changed, whether users may have reached the candidate. */
  readonly touched: boolean;
  readonly ready: boolean;
  readonly open: boolean;
}

const inputsOf = (mode: Mode, image: string, revision: string): RolloutInputs =>
  mode === "overlap" ? overlapInputs(image, revision, { web: 2, workers: 1 }) : rolloutInputs(image, revision);

/** A host on which the second release was killed before call `at`; undefined when it was through by then. */
async function killed(mode: Mode, at: number): Promise<Cut | undefined> {
  const { host } = newStack(mode);
  await rollOut(host, inputsOf(mode, oldImage, "a"));
  host.endBefore(at);
  const ended = await rollOut(host, inputsOf(mode, newImage, "b")).then(
    () => false,
    () => true,
  );
  const after = host.trace.at(-1) ?? "";
  host.nextProcess();
  const open = host.journal()?.open;
  const touched = open?.back !== undefined;
  return ended ? { host, after, touched, ready: open?.ready !== undefined, open: open !== undefined } : undefined;
}

async function* everyKill(mode: Mode): AsyncGenerator<Cut> {
  for (let at = 0; ; at += 1) {
    const cut = await killed(mode, at);
    if (cut === undefined) return;
    yield cut;
  }
}

const recover = (host: MemoryHost, mode: Mode) => {
  const { schema, data, dataSecrets } = inputsOf(mode, newImage, "b");
  return recovered(host, place, { mode, schema, access: { data, secrets: dataSecrets } }, "test", async () => "worked");
};

const seen = (host: MemoryHost) => {
  const running = host.running();
  return {
    running: running.map((box) => [box.labels["slipway.part"], box.spec.image, box.restart]).sort(),
    routed: [...host.switch.open("app-8000")].sort(),
    works: running.every((box) => host.works(box)),
    revision: host.data.revision,
    open: host.journal()?.open !== undefined,
    leftovers: host.roles().filter((role) => role !== "workload"),
  };
};

/** What `seen` must be when a release of this image serves: its parts, and the switch at exactly its web replicas. */
function wanted(host: MemoryHost, mode: Mode, image: string, revision: string): ReturnType<typeof seen> {
  const parts = mode === "overlap" ? ["app", "app", "scheduler", "worker"] : ["app"];
  const web = host.running().filter((box) => box.labels["slipway.part"] === "app" && box.spec.image === image);
  return {
    running: parts.map((part) => [part, image, "unless-stopped"]),
    routed: web.map((box) => box.aliases.at(-1) ?? "").sort(),
    works: true,
    revision,
    open: false,
    leftovers: [],
  };
}

// Hundreds of releases in a test: a busy machine may take its time.
describe("recovered", { timeout: 60_000 }, () => {
  test("stop-first, after a kill before any call: back until the new release was ready, forward from then on; restored once iff the data were touched before", async () => {
    const ways = { back: 0, forward: 0, committed: 0 };
    for await (const { host, after, touched, ready, open } of everyKill("stop-first")) {
      const committed = !open && host.running()[0]?.spec.image === newImage;
      ways[committed ? "committed" : ready ? "forward" : "back"] += 1;
      const when = `killed after "${after}"`;
      expect(await recover(host, "stop-first"), when).toBe("worked");
      const [image, revision] = committed || ready ? [newImage, "b"] : [oldImage, "a"];
      expect(seen(host), when).toEqual(wanted(host, "stop-first", image ?? "", revision ?? ""));
      expect(host.restored, when).toHaveLength(touched && !ready ? 1 : 0);
      expect(host.problems, when).toEqual([]);
      expect(host.lostWrites(), when).toEqual([]);
    }
    expect(ways.back).toBeGreaterThan(30);
    expect(ways.forward).toBeGreaterThan(5);
    expect(ways.committed).toBeGreaterThan(0);
  });

  test("overlap, after a kill before any call: one release serves, whole, and no user waited", async () => {
    const ways = { back: 0, forward: 0, committed: 0 };
    for await (const { host, after, ready, open } of everyKill("overlap")) {
      const when = `killed after "${after}"`;
      const committed = !open && host.journal()?.serving?.image === newImage;
      ways[committed ? "committed" : ready ? "forward" : "back"] += 1;
      const { held } = host.users;
      expect(await recover(host, "overlap"), when).toBe("worked");
      const image = committed || ready ? newImage : oldImage;
      // The schema was expanded beside the old release, which works with it: it stays.
      expect(seen(host), when).toEqual(wanted(host, "overlap", image, host.data.revision ?? ""));
      expect(host.users.held, when).toBe(held);
      expect(host.restored, when).toEqual([]);
      expect(host.problems, when).toEqual([]);
      expect(host.lostWrites(), when).toEqual([]);
    }
    expect(ways.back).toBeGreaterThan(20);
    expect(ways.forward).toBeGreaterThan(5);
    expect(ways.committed).toBeGreaterThan(0);
  });

  test("nothing open: neither restores nor starts nor stops anything", async () => {
    const { host } = newStack();
    await rollOut(host, rolloutInputs(oldImage, "a"));
    host.trace.length = 0;
    await recover(host, "stop-first");
    expect(host.trace).toEqual(["create lease lease", "get /var/lib/slipway/journal.json", "list", "remove lease"]);
  });

  /** A kill before any call of the release, then before every n-th call of its mending (another one each time), then a mending in peace. */
  async function killedTwice(mode: Mode, judge: (cut: Cut, when: string) => void, every: number): Promise<number> {
    let cases = 0;
    for (let at = 0; (await killed(mode, at)) !== undefined; at += 1) {
      for (let again = at % every; ; again += every) {
        const cut = await killed(mode, at);
        if (cut === undefined || !cut.open) break;
        cut.host.endBefore(again);
        const ended = await recover(cut.host, mode).then(
          () => false,
          () => true,
        );
        if (!ended) break;
        const when = `killed after "${cut.after}", its mending after "${cut.host.trace.at(-1)}"`;
        cut.host.nextProcess();
        await recover(cut.host, mode);
        judge(cut, when);
        cases += 1;
      }
    }
    return cases;
  }

  test("stop-first: a kill of the mending itself, before any of its calls, changes nothing: one result, no restore under a writer, no write lost", async () => {
    const cases = await killedTwice(
      "stop-first",
      ({ host, ready }, when) => {
        const [image, revision] = ready ? [newImage, "b"] : [oldImage, "a"];
        expect(seen(host), when).toEqual(wanted(host, "stop-first", image ?? "", revision ?? ""));
        expect(host.problems, when).toEqual([]);
        expect(host.lostWrites(), when).toEqual([]);
      },
      4,
    );
    expect(cases).toBeGreaterThan(150);
  });

  test("overlap: a kill of the mending itself changes nothing", async () => {
    const cases = await killedTwice(
      "overlap",
      ({ host, ready }, when) => {
        const image = ready ? newImage : oldImage;
        expect(seen(host), when).toEqual(wanted(host, "overlap", image, host.data.revision ?? ""));
        expect(host.problems, when).toEqual([]);
        expect(host.lostWrites(), when).toEqual([]);
      },
      12,
    );
    expect(cases).toBeGreaterThan(100);
  });

  test("an old release that somebody removed meanwhile does not block the stack for ever", async () => {
    for await (const { host, after, ready, open } of everyKill("stop-first")) {
      if (!open || ready) continue;
      const gone = host.workloads().find((box) => box.spec.image === oldImage);
      host.lose(gone?.id ?? "");
      expect(await recover(host, "stop-first"), `killed after "${after}"`).toBe("worked");
      for (const key of ["serving", "open"]) expect(host.journal(), `killed after "${after}"`).not.toHaveProperty(key);
      expect(host.running(), `killed after "${after}"`).toEqual([]);
      expect(host.data.revision, `killed after "${after}"`).toBe("a");
    }
  });

  test("a ready release that somebody removed meanwhile is undone", async () => {
    let cases = 0;
    for await (const { host, after, ready } of everyKill("stop-first")) {
      if (!ready) continue;
      const gone = host.workloads().find((box) => box.spec.image === newImage);
      host.lose(gone?.id ?? "");
      await recover(host, "stop-first");
      expect(seen(host), `killed after "${after}"`).toEqual(wanted(host, "stop-first", oldImage, "a"));
      expect(host.problems, `killed after "${after}"`).toEqual([]);
      cases += 1;
    }
    expect(cases).toBeGreaterThan(5);
  });
});
