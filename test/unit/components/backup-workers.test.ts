import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test, vi } from "vitest";
import { closeGates, openAgain, withWorkersHeld } from "../../../components/backup/workers.ts";
import { rollOut } from "../../../components/rollout/reconcile.ts";
import { recovered } from "../../../components/rollout/recover.ts";
import type { Lease } from "../../../components/steps/lease.ts";
import type { Command } from "../../../components/steps/runner.ts";
import { useClock } from "../../doubles/clock.ts";
import { type MemoryHost, ProcessEnded } from "../../doubles/memory-host.ts";
import { newStack, oldImage, overlapInputs, place, rolloutInputs } from "../../doubles/stack.ts";

vi.mock("node:timers/promises", () => import("../../doubles/clock.ts"));
useClock();

const inputs = overlapInputs(oldImage, "a", { web: 2, workers: 1 });
const { schema, data, dataSecrets } = inputs;
const means = { mode: "overlap", schema, access: { data, secrets: dataSecrets } } as const;

/** A stack with a worker and a scheduler, whose gates the commands of this module close and open. @param deaf does not end when it is asked to */
async function serving(deaf?: string) {
  const { host } = newStack("overlap");
  await rollOut(host, inputs);
  const said: string[] = [];
  let open = "held\n";
  const known = host.exec.bind(host);
  host.exec = async (id: string, command: Command) => {
    const text = command.argv.join(" ");
    if (text.endsWith("kill -TERM 1")) {
      const part = host.box(id).labels["slipway.part"] ?? "";
      said.push(`TERM ${part}`);
      if (part !== deaf) host.revive(id);
      return { exitCode: 0, output: "" };
    }
    if (!text.includes("/gates")) return known(id, command);
    const gates = [...(/^(?:rm -f|touch) (.*)$/m.exec(text)?.[1] ?? "").matchAll(/'([^']+)'/g)].map(([, name]) => name);
    const closes = text.includes("rm -f");
    said.push(closes ? "close" : "open");
    for (const gate of gates) {
      const file = `/var/lib/slipway/gates/${gate}`;
      if (closes) host.files.delete(file);
      else host.files.set(file, "");
    }
    return { exitCode: 0, output: closes ? "" : open };
  };
  return { host, said, over: () => (open = "over\n") };
}

const hold = <T>(host: MemoryHost, work: (lease: Lease) => Promise<T>) =>
  recovered(host, place, means, "test", (lease) => withWorkersHeld(lease, oldImage, 30, () => work(lease)));

const working = (host: MemoryHost) =>
  host
    .running()
    .filter((box) => host.works(box))
    .map((box) => box.labels["slipway.part"])
    .sort();

describe("workers while a set is taken", () => {
  test("end, wait behind their gate, and begin again; users are served on", async () => {
    const { host, said } = await serving();
    const all = ["app", "app", "scheduler", "worker"];
    expect(working(host)).toEqual(all);
    const seen = await hold(host, async () => working(host));
    expect(seen).toEqual({ done: ["app", "app"], held: true });
    expect(said.slice(0, 4).sort()).toEqual(["TERM scheduler", "TERM worker", "close", "open"]);
    expect(working(host)).toEqual(all);
    expect(host.roles().filter((role) => role !== "workload")).toEqual([]);
  });

  test("one that does not end in its grace is not killed, and the set is not of one moment", async () => {
    const { host } = await serving("worker");
    expect((await hold(host, async () => "copied")).held).toBe(false);
    expect(working(host)).toContain("worker");
  });

  test("gates that opened by themselves meanwhile: not of one moment either", async () => {
    const { host, over } = await serving();
    const seen = await hold(host, async () => over());
    expect(seen.held).toBe(false);
  });

  test("a copy that fails leaves nobody waiting", async () => {
    const { host } = await serving();
    await expect(hold(host, async () => Promise.reject(new Error("no space left")))).rejects.toThrow("no space left");
    expect(working(host)).toContain("worker");
  });

  test("a process that is killed while it holds them: whoever comes next lets them go", async () => {
    const { host } = await serving();
    const cut = hold(host, async () => {
      host.endBefore(0);
      throw new ProcessEnded("killed");
    });
    await expect(cut).rejects.toThrow();
    host.nextProcess();
    host.files.delete(`/var/lib/slipway/gates/${host.journal()?.serving?.id}`);
    await recovered(host, place, means, "test", async () => "next");
    expect(working(host)).toContain("worker");
  });

  test("a system without workers has no session for it", async () => {
    const { host } = newStack();
    const alone = rolloutInputs(oldImage, "a");
    await rollOut(host, alone);
    const access = { data: alone.data, secrets: alone.dataSecrets };
    await recovered(host, place, { mode: "stop-first", schema: alone.schema, access }, "test", async (lease) => {
      const calls = host.calls;
      expect(await withWorkersHeld(lease, oldImage, 30, async () => "done")).toEqual({ done: "done", held: true });
      expect(host.calls).toBe(calls);
    });
  });
});

describe("the gates, by this machine's shell", () => {
  const inFolder = async (work: (run: (argv: readonly string[]) => string, gate: string) => Promise<void>) => {
    const folder = mkdtempSync(join(tmpdir(), "slipway-gates-"));
    const gate = join(folder, "r1");
    writeFileSync(gate, "");
    const run = ([shell = "", ...argv]: readonly string[]) =>
      execFileSync(
        shell,
        argv.map((word) =>
          word.replaceAll("/var/lib/slipway/gates", folder).replaceAll("/tmp/slipway-opener", join(folder, "opener")),
        ),
        { encoding: "utf8" },
      );
    await work(run, gate).finally(() => rmSync(folder, { recursive: true }));
  };

  test("are closed until they are opened again", () =>
    inFolder(async (run, gate) => {
      run(closeGates(["r1"], 60));
      expect(existsSync(gate)).toBe(false);
      expect(run(openAgain(["r1"]))).toBe("held\n");
      expect(existsSync(gate)).toBe(true);
      // Opening twice is once, and says that it was open.
      expect(run(openAgain(["r1"]))).toBe("over\n");
    }));

  test("open by themselves when nobody comes, and that is told", () =>
    inFolder(async (run, gate) => {
      run(closeGates(["r1"], 1));
      while (!existsSync(gate)) execFileSync("sleep", ["0.1"]);
      expect(run(openAgain(["r1"]))).toBe("over\n");
    }));
});
