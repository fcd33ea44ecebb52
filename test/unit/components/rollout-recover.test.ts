import { beforeEach, describe, expect, test, vi } from "vitest";
import { recovered } from "../../../components/rollout/recover.ts";
import rollout from "../../../components/rollout/step.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { newImage, newStack, oldImage, place, rolloutInputs } from "../../doubles/stack.ts";

const engine = vi.hoisted(() => ({ host: undefined as unknown }));
vi.mock("../../../components/steps/docker-runner.ts", () => ({ dockerRunner: () => engine.host }));

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"], now: new Date("2026-01-01T00:00:00Z") });
  return () => vi.useRealTimers();
});

interface Cut {
  readonly host: MemoryHost;
  /** The last call that happened. */
  readonly after: string;
  /** Whether the journal says that the data may have been changed, at the time of the kill. */
  readonly touched: boolean;
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
  const journal = host.journal() as { open?: { dataTouched: boolean } };
  return ended
    ? { host, after, touched: journal.open?.dataTouched ?? false, open: journal.open !== undefined }
    : undefined;
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

describe("recovered", () => {
  test("after a kill before any call: the old release serves unless the new one was committed; restored once iff the data were touched", async () => {
    let kills = 0;
    for await (const { host, after, touched, open } of everyKill()) {
      kills += 1;
      const committed = !open && host.running()[0]?.spec.image === newImage;
      expect(await recover(host), after).toBe("worked");
      expect(seen(host), `killed after "${after}"`).toEqual(committed ? done : old);
      expect(host.restored, `killed after "${after}"`).toHaveLength(touched ? 1 : 0);
      expect(host.problems, `killed after "${after}"`).toEqual([]);
    }
    expect(kills).toBeGreaterThan(30);
  });

  test("nothing open: neither restores nor starts nor stops anything", async () => {
    const { host } = newStack();
    engine.host = host;
    await rollout.reconcile(rolloutInputs(oldImage, "a"));
    host.trace.length = 0;
    await recover(host);
    expect(host.trace).toEqual(["create lease lease", "get /var/lib/slipway/journal.json", "list", "remove lease"]);
  });

  /** A kill before any call of the release, then before any call of its undo, then an undo in peace. */
  async function killedTwice(judge: (host: MemoryHost, when: string) => void): Promise<number> {
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
        const when = `killed after "${cut.after}", its undo after "${cut.host.trace.at(-1)}"`;
        cut.host.nextProcess();
        await recover(cut.host);
        judge(cut.host, when);
        cases += 1;
      }
    }
    return cases;
  }

  test("a kill of the undo itself, before any of its calls, changes nothing of the result", async () => {
    const cases = await killedTwice((host, when) => expect(seen(host), when).toEqual(old));
    expect(cases).toBeGreaterThan(150);
  });

  // Open defect: undoOpen starts the old release and only then closes the journal. After a kill between the two, the next run restores the
  // set once more, under a running writer, and everything written since is gone.
  test.fails("a kill of the undo never makes the next one restore under a writer", async () => {
    await killedTwice((host, when) => expect(host.problems, when).toEqual([]));
  });

  // Open defect: the container to go back to is started without a look; when it is gone, every step of every later run fails here.
  test.fails("an old release that somebody removed meanwhile does not block the stack for ever", async () => {
    const cut = await killed(20);
    const gone = cut?.host.workloads().find((box) => box.spec.image === oldImage);
    await cut?.host.remove(gone?.id ?? "");
    await expect(cut && recover(cut.host)).resolves.toBe("worked");
  });
});
