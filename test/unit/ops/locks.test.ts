import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, describe, expect, test, vi } from "vitest";
import { label } from "../../../components/container/spec.ts";
import { withLease } from "../../../components/steps/lease.ts";
import { awaitLease, clearStaleLock, judgeLock, type Lock } from "../../../ops/locks.ts";
import type { MemoryHost } from "../../doubles/memory-host.ts";
import { newStack, place } from "../../doubles/stack.ts";

const lock: Lock = { pid: 4711, username: "ann", hostname: "here", timestamp: "2026-01-01T00:00:00Z" };

describe("a lock in a file backend", () => {
  test.each([
    ["of a process of this machine that has ended is stale", "here", false, "stale"],
    ["of one that lives is held", "here", true, "held"],
    ["of another machine is held: nobody here can tell whether its process lives", "there", false, "held"],
  ] as const)("%s", (_, hostname, alive, judgement) => {
    expect(judgeLock({ ...lock, hostname }, { hostname: "here", isAlive: () => alive })).toBe(judgement);
  });

  test("asks for the process that the lock names", () => {
    const asked: number[] = [];
    judgeLock(lock, { hostname: "here", isAlive: (pid) => asked.push(pid) > 0 });
    expect(asked).toEqual([4711]);
  });
});

describe("the next command on a stack whose lock is there", () => {
  let backend: string;
  beforeEach(() => {
    backend = mkdtempSync(join(tmpdir(), "slipway-locks-"));
    return () => rmSync(backend, { recursive: true });
  });

  /** Pulumi is a path that is not there: a lock that is held is named before anything is asked of it. */
  function next(held: Lock): Promise<void> {
    const folder = join(backend, ".pulumi/locks/organization/slipway", place.stack);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "a.json"), JSON.stringify(held));
    writeFileSync(join(folder, "a.json.attrs"), "no lock");
    const context = {
      pulumi: join(backend, "no-pulumi"),
      env: { PULUMI_BACKEND_URL: `file://${backend}` },
      stack: place.stack,
      cwd: backend,
    };
    return clearStaleLock(context, newStack().host, place, () => undefined);
  }

  test.each([
    ["of another machine", { ...lock, hostname: "there" }],
    ["of a living process of this one", { ...lock, hostname: hostname(), pid: process.pid }],
  ])("%s: who holds it, since when, and the command that clears it", async (_, held) => {
    await expect(next(held)).rejects.toThrow(
      `stack test is being changed by ann@${held.hostname} (process ${held.pid}, since 2026-01-01T00:00:00Z). Wait for it to end; if that process is gone, clear its lock with \`eval "$(npm run -s env)"; pulumi cancel --yes test\`, then run the same command again`,
    );
  });

  test("of a process of this machine that has ended: it is cleared by Pulumi's own command", async () => {
    await expect(next({ ...lock, hostname: hostname(), pid: 4_194_305 })).rejects.toThrow("no-pulumi");
  });
});

describe("a step that outlives its engine", () => {
  let host: MemoryHost;
  let said: string[];
  const say = (line: string) => said.push(line);

  beforeEach(() => {
    ({ host } = newStack());
    said = [];
  });

  test("is waited for until it lets go of the host, and that is said once", async () => {
    const { promise: letGo, resolve: end } = Promise.withResolvers<void>();
    const work = withLease(host, place, { purpose: "rollout", image: "sha256:app" }, () => letGo);
    await vi.waitFor(() => expect(host.roles()).toEqual(["lease"]));
    let waited = false;
    const waiting = awaitLease(host, place, say).then(() => {
      waited = true;
    });
    await vi.waitFor(() => expect(said).toHaveLength(1));
    expect(waited).toBe(false);
    end();
    await Promise.all([work, waiting]);
    expect(said).toEqual([
      expect.stringMatching(
        new RegExp(
          `^the stack is being changed by somebody else: rollout, process ${process.pid} on .* Waiting for it\\.$`,
        ),
      ),
    ]);
    expect(host.roles()).toEqual([]);
  });

  test("is not waited for when nobody holds the host", async () => {
    await awaitLease(host, place, say);
    expect(said).toEqual([]);
  });

  test("is not waited for when it has died too", async () => {
    await withLease(host, place, { purpose: "rollout", image: "sha256:app" }, async () => {
      const lease = [...host.boxes.values()].find(({ labels }) => labels[label.role] === "lease");
      if (lease === undefined) throw new Error("no lease was made");
      lease.labels["slipway.lease.pid"] = "4194305";
      await awaitLease(host, place, say);
    });
    expect(said).toEqual([]);
  });
});
