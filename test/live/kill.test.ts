import { readdir, readFile } from "node:fs/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { label } from "../../components/container/spec.ts";
import { eventually, Outside, runner } from "./support/host.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;

beforeAll(async () => {
  stack = await TestStack.make();
  outside = new Outside(stack);
  await stack.set(["slipway:image", "build", "args"], { FAULT: "slow" });
});
afterEach(endOrphans);
afterAll(async () => stack.destroy());

/** Starts a release, kills the whole process group's engine when the step holds the lease, and runs npm start again. */
async function killedDuring(purpose: string): Promise<string> {
  const running = stack.begin("start");
  await eventually(
    `${purpose} holds the lease`,
    async () => {
      const [lease] = await runner.list({ [label.stack]: stack.name, [label.role]: "lease" });
      return lease?.labels["slipway.lease.purpose"] === purpose ? lease : undefined;
    },
    300,
    // A backup point takes a fast machine no half second.
    15,
  );
  await killEngine();
  await running.exited;
  const again = await stack.slipway("start");
  expect(again.code, again.output).toBe(0);
  return again.output;
}

/** Ends the pulumi process that works on this stack, as a lost terminal or the OOM killer does. */
async function killEngine(): Promise<void> {
  const engine = (await processes()).find(
    ({ argv }) => argv[0]?.endsWith("pulumi") === true && argv.includes(stack.name) && argv.includes("up"),
  );
  if (engine === undefined) throw new Error("no pulumi process works on this stack");
  orphans.push(...(await processes()).filter(({ parent }) => parent === engine.pid));
  process.kill(engine.pid, "SIGKILL");
}

/** The killed engines' plugins, which nobody ends. */
const orphans: Process[] = [];

interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly argv: readonly string[];
}

async function processes(): Promise<readonly Process[]> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [stat, cmdline] = await Promise.all(
        ["stat", "cmdline"].map((file) => readFile(`/proc/${pid}/${file}`, "utf8").catch(() => "")),
      );
      const parent = Number((stat ?? "").slice((stat ?? "").lastIndexOf(")") + 2).split(" ")[1]);
      return { pid: Number(pid), parent, argv: (cmdline ?? "").split("\0") };
    }),
  );
  return found;
}

async function endOrphans(): Promise<void> {
  const alive = await processes();
  for (const { pid, argv } of orphans.splice(0)) {
    if (alive.some((each) => each.pid === pid && each.argv.join() === argv.join())) process.kill(pid, "SIGKILL");
  }
}

async function expectOneWholeRelease(): Promise<void> {
  expect(JSON.parse((await outside.healthy()).body)).toEqual({ status: "healthy", version: "2.4.0" });
  expect(await outside.sql("SELECT count(*) FROM license_keys WHERE tier = 'FREE'")).toBe("1000");
  const workloads = await outside.workloads();
  expect(workloads.filter((each) => each.State === "running").length).toBe(1);
  expect(workloads.length).toBeLessThanOrEqual(2);
  const others = (await outside.containers()).filter((each) =>
    ["session", "files", "lease"].includes(each.Labels[label.role] ?? ""),
  );
  expect(others).toEqual([]);
  expect((await stack.slipway("preview", "--expect-no-changes")).code).toBe(0);
}

describe("up is SIGKILLed in a step and run again", () => {
  it.each(["backup point", "migration rehearsal", "rollout", "smoke test"])("first launch: %s", async (purpose) => {
    const output = await killedDuring(purpose);
    expect(output).toContain("was killed");
    await expectOneWholeRelease();
    const down = await stack.slipway("down", "--with-data");
    expect(down.code, down.output).toBe(0);
  });

  it("a later release, with its step's process killed as well", async () => {
    expect((await stack.slipway("start")).code).toBe(0);
    await stack.set(["slipway:app"], { apiKeyExpireDays: 30 });
    const running = stack.begin("start");
    const lease = await eventually("rollout holds the lease", async () => {
      const [found] = await runner.list({ [label.stack]: stack.name, [label.role]: "lease" });
      return found?.labels["slipway.lease.purpose"] === "rollout" ? found : undefined;
    });
    const stopped = async () => (await outside.workloads()).every((each) => each.State !== "running") || undefined;
    await eventually("the old writer is stopped", stopped, 120, 15);
    await killEngine();
    process.kill(Number(lease.labels["slipway.lease.pid"]), "SIGKILL");
    await running.exited;
    const again = await stack.slipway("start");
    expect(again.code, again.output).toBe(0);
    expect((await outside.inspect("app")).Config.Env).toContain("TMWS_API_KEY_EXPIRE_DAYS=30");
    await expectOneWholeRelease();
  });
});
