import { hostname } from "node:os";
import { describe, expect, test } from "vitest";
import { heldIn, leaseOf } from "../../../components/steps/kubernetes-leases.ts";
import type { Holding } from "../../../components/steps/leases.ts";
import { aloneIn, type Purpose, withNamespaceLease } from "../../../components/steps/namespace-lease.ts";
import { processStart, thisHost } from "../../../components/steps/process.ts";
import { MemoryLeases } from "../../doubles/memory-leases.ts";

const place = { stack: "production", system: "orders" };
const times = { patienceMs: 150, silenceMs: 10_000, heartbeatMs: 10, pauseMs: 5 };
const backup: Purpose = { purpose: "backup" };
const pid = String(process.pid);
const since = "2026-11-29T10:00:00.000Z";
const elsewhere: Holding = { purpose: "rollout", pid: "7", started: "1", host: "ci/boot", since, renewed: since };

const alone = <T>(leases: MemoryLeases, purpose: Purpose, work: () => Promise<T>, own = {}) =>
  withNamespaceLease(leases, place, purpose, work, { ...times, ...own });

/** Until something is so; the test's own time limit ends it. */
async function until(is: () => boolean): Promise<void> {
  while (!is()) await new Promise((done) => setTimeout(done, 1));
}

describe("the lease of a namespace", () => {
  test("is this process' while the work runs, and gone after it, also when that fails", async () => {
    const leases = new MemoryLeases();
    await alone(leases, backup, async () =>
      expect(leases.held).toMatchObject({ purpose: "backup", pid, host: thisHost(), started: processStart(pid) }),
    );
    expect(leases.held).toBeUndefined();
    const failed = alone(leases, { purpose: "rollout", goesOn: true }, () => Promise.reject(new Error("it failed")));
    await expect(failed).rejects.toThrow("it failed");
    expect(leases.held).toBeUndefined();
  });

  test("is renewed while the work runs", async () => {
    const leases = new MemoryLeases();
    await alone(leases, backup, async () => {
      const before = leases.held?.version;
      await until(() => leases.held?.version !== before);
      expect(leases.held?.purpose).toBe("backup");
    });
  });

  test("stays a release's from step to step, renewed in between, and ends with the last", async () => {
    const leases = new MemoryLeases();
    await alone(leases, { purpose: "migration", goesOn: true }, async () => undefined);
    const first = leases.held;
    await until(() => leases.held?.version !== first?.version);
    expect(leases.held).toMatchObject({ purpose: "migration", since: first?.since });
    await alone(leases, { purpose: "smoke test" }, async () => expect(leases.held?.since).toBe(first?.since));
    expect(leases.held).toBeUndefined();
    expect(leases.taken).toEqual(["migration", "smoke test"]);
  });

  test("of somebody who lives is refused, with who and since when; nothing was done", async () => {
    const leases = new MemoryLeases();
    leases.put(elsewhere);
    const renewing = setInterval(() => leases.put(elsewhere), 5);
    let worked = false;
    const refused = alone(leases, backup, async () => {
      worked = true;
    });
    await expect(refused).rejects.toThrow(
      `the stack is being changed by somebody else: rollout, process 7 on ci/boot, since ${since}. Wait for it to end, then run the same command again.`,
    );
    clearInterval(renewing);
    expect(worked).toBe(false);
    expect(leases.held?.host).toBe("ci/boot");
  });

  test("is waited for", async () => {
    const leases = new MemoryLeases();
    leases.put(elsewhere);
    const work = alone(leases, backup, async () => "worked", { patienceMs: 60_000 });
    leases.held = undefined;
    expect(await work).toBe("worked");
  });

  test("of somebody elsewhere who is silent is taken over, whatever that clock said", async () => {
    const leases = new MemoryLeases();
    leases.put({ ...elsewhere, renewed: "2999-01-01T00:00:00.000Z" });
    expect(await alone(leases, backup, async () => leases.held?.host, { silenceMs: 30, patienceMs: 60_000 })).toBe(
      thisHost(),
    );
  });

  test("of a process here that has ended is taken at once", async () => {
    const leases = new MemoryLeases();
    leases.put({ ...elsewhere, host: thisHost(), pid, started: "another process of that number" });
    expect(await alone(leases, backup, async () => "worked", { patienceMs: 0 })).toBe("worked");
  });

  test("that was taken over stops the work", async () => {
    const leases = new MemoryLeases();
    const work = alone(leases, backup, async () => {
      leases.put(elsewhere);
      await new Promise(() => undefined);
    });
    await expect(work).rejects.toThrow("rollout of process 7 on ci/boot has it. It stops here");
    expect(leases.held?.host).toBe("ci/boot");
  });

  test("that two want is had by one at a time", async () => {
    const leases = new MemoryLeases();
    leases.put({ ...elsewhere, host: thisHost(), started: "ended" });
    const read = leases.held;
    expect(await leases.write("lease", elsewhere, read)).toBe(true);
    expect(await leases.write("lease", elsewhere, read)).toBe(false);
  });

  test("is none where tasks run on Fargate", async () => {
    expect(await aloneIn("ecs://eu-central-1/slipway", place, backup, async () => "worked")).toBe("worked");
  });
});

describe("Kubernetes' own object", () => {
  const holding: Holding = { purpose: "backup", pid, started: "5", host: `${hostname()}/boot`, since, renewed: since };

  test("says in its own fields who holds it for how long, and is read back as it was written", () => {
    const lease = leaseOf("lease", holding, "a-uid 41");
    expect(lease.spec).toMatchObject({
      holderIdentity: `backup, process ${pid} on ${hostname()}/boot`,
      leaseDurationSeconds: 30,
      acquireTime: new Date(since),
    });
    expect(lease.metadata).toMatchObject({ name: "lease", uid: "a-uid", resourceVersion: "41" });
    expect(heldIn(lease)).toEqual({ ...holding, version: "a-uid 41" });
  });

  test("that somebody else made is held as well", () => {
    expect(heldIn({ spec: { holderIdentity: "an operator's hand" } })).toMatchObject({
      purpose: "an operator's hand",
      host: "another machine",
      since: "an unknown time",
    });
  });
});
