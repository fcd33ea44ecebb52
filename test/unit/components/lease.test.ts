import { beforeEach, describe, expect, test, vi } from "vitest";
import { emptyJournal } from "../../../components/steps/journal.ts";
import { findLease, heldMessage, holderIsDead, holderOf, withLease } from "../../../components/steps/lease.ts";
import { processStart } from "../../../components/steps/process.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { newStack, place } from "../../doubles/stack.ts";

const options = { purpose: "rollout", image: "sha256:app" };
let host: MemoryHost;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date", "setInterval", "clearInterval"], now: new Date("2026-01-01T00:00:00Z") });
  ({ host } = newStack());
  return () => vi.useRealTimers();
});

async function held(): Promise<{ readonly id: string; readonly labels: Readonly<Record<string, string>> }> {
  const lease = await findLease(host, place);
  if (lease === undefined) throw new Error("no lease is held");
  return lease;
}

describe("withLease", () => {
  test("is held while the work runs and gone after it, also when the work fails", async () => {
    await withLease(host, place, options, async () => expect(host.roles()).toEqual(["lease"]));
    expect(host.roles()).toEqual([]);
    await expect(withLease(host, place, options, () => Promise.reject(new Error("the work failed")))).rejects.toThrow(
      "the work failed",
    );
    expect(host.roles()).toEqual([]);
  });

  test("its container is never started, has no network and says whose it is", async () => {
    await withLease(host, place, options, async () => {
      const { labels } = await held();
      const box = leaseBox(host);
      expect(box?.state).toBe("created");
      expect(box?.spec).toMatchObject({
        name: "slipway-test_lease",
        network: [],
        mounts: [{ volume: "slipway-test_journal", path: "/var/lib/slipway" }],
      });
      expect(labels).toMatchObject({
        "slipway.role": "lease",
        "slipway.lease.pid": String(process.pid),
        "slipway.lease.purpose": "rollout",
      });
    });
  });

  test("who holds it is known, and whether that process here has ended", async () => {
    await withLease(host, place, options, async () => {
      const lease = await findLease(host, place);
      if (lease === undefined) throw new Error("no lease is held");
      expect(holderOf(lease)).toMatchObject({ purpose: "rollout", pid: String(process.pid), ended: false });
      const other = (labels: Readonly<Record<string, string>>) =>
        holderOf({ ...lease, labels: { ...lease.labels, ...labels } });
      expect(other({ "slipway.lease.started": "another process of that number" }).ended).toBe(true);
      const elsewhere = { "slipway.lease.started": "unknown", "slipway.lease.host": "elsewhere/boot" };
      expect(other(elsewhere)).toMatchObject({ host: "elsewhere/boot", ended: false });
    });
  });

  test("a dead holder's is taken at once", async () => {
    await host.create({ ...(await leaseOf(host)), name: "slipway-test_lease" });
    host.nextProcess();
    expect(await withLease(host, place, options, async () => "worked")).toBe("worked");
    expect(host.roles()).toEqual([]);
  });

  test("whoever lost the lease cannot write the journal any more", async () => {
    const work = withLease(host, place, options, async (lease) => {
      await host.remove((await held()).id);
      await lease.save(emptyJournal);
    });
    await expect(work).rejects.toThrow("no such container");
    expect(host.journal()).toBeUndefined();
  });

  test("a holder on another machine gives signs of life that can be read", async () => {
    await withLease(host, place, options, async () => {
      await vi.advanceTimersByTimeAsync(6_000);
      expect([...host.files.keys()].filter((path) => path.endsWith("beat"))).toHaveLength(1);
    });
  });
});

const leaseBox = (on: MemoryHost) => [...on.boxes.values()].find(({ labels }) => labels["slipway.role"] === "lease");

/** The lease's container as this process makes it. */
async function leaseOf(on: MemoryHost) {
  let found: Parameters<MemoryHost["create"]>[0] | undefined;
  await withLease(on, place, options, async () => {
    found = leaseBox(on)?.spec;
  });
  if (found === undefined) throw new Error("no lease was made");
  return found;
}

describe("whose a lease is", () => {
  test("this process lives", async () => {
    await withLease(host, place, options, async () => {
      const lease = await findLease(host, place);
      expect(lease && (await holderIsDead(host, lease))).toBe(false);
    });
  });

  test("a process that has ended, or whose number another one got, is dead", async () => {
    await withLease(host, place, options, async () => {
      const lease = await findLease(host, place);
      const as = (labels: Record<string, string>) =>
        lease && holderIsDead(host, { ...lease, labels: { ...lease.labels, ...labels } });
      expect(await as({ "slipway.lease.pid": "4194305" })).toBe(true);
      expect(await as({ "slipway.lease.started": "1" })).toBe(true);
    });
  });

  test("the message names the purpose, the process and the machine", async () => {
    await withLease(host, place, options, async () => {
      const lease = await findLease(host, place);
      expect(lease && heldMessage(lease)).toMatch(
        new RegExp(
          `^the stack is being changed by somebody else: rollout, process ${process.pid} on \\S+\\. Wait for it to end, then run the same command again\\.$`,
        ),
      );
    });
  });

  test.runIf(process.platform === "linux")("a process is told by its number and its start", () => {
    expect(processStart(String(process.pid))).toMatch(/^\d+$/);
    expect(processStart(String(process.pid))).toBe(processStart(String(process.pid)));
    expect(processStart("4194305")).toBeUndefined();
  });
});
