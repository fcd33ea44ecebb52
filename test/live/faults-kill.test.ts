/** SIGKILL at every phase of a release, in its bake time and in its undo, in both modes; the phases are those that the plan has. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type Mode, type Phase, planRelease } from "../../components/rollout/plan.ts";
import { engine, eventually, type Outside } from "./support/host.ts";
import { endNow, Killer } from "./support/kill.ts";
import { ordersProduct, tmwsProduct, tmwsRate } from "./support/product.ts";
import {
  type Bench,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  expectWholeAnswers,
  journalOf,
  launch,
  polled,
  serving,
  versionsOf,
} from "./support/release.ts";
import type { Running } from "./support/run.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

/** What is killed: the engine, whose step then finds out by itself, or all its processes at one moment, as when the power goes. */
type Victim = "engine" | "all";

interface Case {
  readonly phase: Phase;
  readonly victim: Victim;
}

/** Every phase that a release can have: the plan of one that migrates and replaces what serves. */
function boundaries(mode: Mode): readonly Phase[] {
  const workloads = [{ name: "app", replicas: 1, definition: "wanted" }];
  const { phases } = planRelease(undefined, { mode, workloads, migrates: true });
  console.log(`  ${mode}: SIGKILL at ${phases.length} boundaries: ${phases.join(", ")}`);
  return phases;
}

let bench: Bench;
let killer: Killer;
let outside: Outside;

async function prepare(stack: TestStack, product: Bench["product"]): Promise<void> {
  killer = new Killer(stack);
  outside = await launch(stack);
  bench = { stack, outside, product };
}

/** A `start` that is killed as soon as it is so far, and the same command again, with a client that asks throughout. */
async function killedWhen(soFar: (running: Running) => Promise<unknown>, victim: Victim) {
  const { stack } = bench;
  // Held requests wait until the next command has mended the release.
  const { result, tally, rows } = await polled(
    bench,
    async () => {
      const running = stack.begin("start");
      await soFar(running);
      await killer.kill(running, { step: victim === "all" });
      const journal = await journalOf(stack);
      const again = await stack.slipway("start");
      expect(again.output).toContain("was killed");
      return { journal, again };
    },
    60_000,
  );
  expectWholeAnswers(tally, rows);
  return { ...result, versions: versionsOf(tally) };
}

/** Kills the release at a phase, then runs the same command again. @param change what makes it a release */
async function killedAt({ phase, victim }: Case, change: () => Promise<void>, replicas: number) {
  await change();
  const { journal, again, versions } = await killedWhen((running) => killer.atPhase(running, phase), victim);
  expect(journal.open?.phase).toMatch(/./);
  expectSuccess(again);
  await expectOneRelease(bench.stack, replicas);
  return versions;
}

const baking = () => eventually("it is in its bake time", async () => (await journalOf(bench.stack)).bake, 120);

/** In the bake time: the next command watches what is left of it, and the new release stays. @param change what makes it a release */
async function killedInBake(change: () => Promise<void>, replicas: number): Promise<void> {
  await bench.stack.set(["slipway:rollout", "bakeSeconds"], 30);
  await change();
  const { journal, again } = await killedWhen(baking, "all");
  expect(journal.bake?.release).toBe(journal.serving?.id);
  expectSuccess(again);
  const now = await journalOf(bench.stack);
  expect(now.serving?.id).toBe(journal.serving?.id);
  expect(now.bake).toBeUndefined();
  await expectOneRelease(bench.stack, replicas);
}

/** In the undo of one that died in its bake time: the next command goes back, and does not try it again. @param part that dies */
async function killedInUndo(change: () => Promise<void>, part: string, replicas: number): Promise<void> {
  const before = await serving(outside);
  const restore = await bench.stack.saved();
  await change();
  const { journal, again } = await killedWhen(async (running) => {
    await baking();
    const born = (await journalOf(bench.stack)).serving?.replicas.find(({ workload }) => workload === part);
    endNow((await engine.getContainer(born?.id ?? "none").inspect()).State.Pid);
    await killer.atPhase(running, "undo");
  }, "all");
  expect(journal.bad.at(-1)?.why).toContain("ended by itself");
  expectRefusal(again, "this release went bad before", "ended by itself");
  expect(await serving(outside)).toEqual(before);
  await expectOneRelease(bench.stack, replicas);
  await restore();
  expectSuccess(await bench.stack.slipway("start"));
  expect(await serving(outside)).toEqual(before);
}

/** Both ways: no phase was planned that the journal does not name, and it named none that nobody was killed at. */
const expectSeen = (phases: readonly Phase[]) => expect([...killer.seen].sort()).toEqual([...phases].sort());

afterEach(() => killer.endOrphans());

describe("overlap", () => {
  const phases = boundaries("overlap");
  const greet = (greeting: string) => bench.stack.set(["slipway:app", "extraEnv", "ORDERS_GREETING"], greeting);

  beforeAll(async () => {
    const stack = await TestStack.orders();
    await stack.set(["slipway:rollout"], { bakeSeconds: 0, drainSeconds: 5 });
    await stack.set(["slipway:app"], { version: "1.0.0", schemaRevision: "0001_orders", replicas: 2, workers: 1 });
    await stack.set(["slipway:image", "build", "args"], { VERSION: "1.0.0", HEAD: "0001_orders" });
    await prepare(stack, () => ordersProduct(outside));
  });
  afterAll(async () => bench.stack.destroy());

  it.each(phases.map((phase) => ({ phase, victim: "all" }) as const))("$phase: killed, $victim", async (each) => {
    const versions = await killedAt(
      each,
      async () => {
        const { stack } = bench;
        if (each.phase === "migrate") {
          await stack.set(["slipway:image", "build", "args"], { VERSION: "2.0.0", HEAD: "0002_note" });
          await stack.set(["slipway:app", "version"], "2.0.0");
          await stack.set(["slipway:app", "schemaRevision"], "0002_note");
        } else await greet(`${each.phase} ${each.victim}`);
      },
      3,
    );
    expect(versions).toEqual(each.phase === "migrate" ? ["1.0.0", "2.0.0"] : ["2.0.0"]);
    const { greeting } = JSON.parse((await outside.https("GET", "/version")).body);
    expect(greeting).toBe(each.phase === "migrate" ? "hello" : `${each.phase} ${each.victim}`);
  });

  it("these are all that the journal named", () => expectSeen(phases));
  it("killed in its bake time", () => killedInBake(() => greet("bake"), 3));
  it("killed in its undo", () => killedInUndo(() => greet("undo"), "web", 3));
});

describe("stop-first", () => {
  const phases = boundaries("stop-first");
  const cases: readonly Case[] = [
    ...phases.map((phase) => ({ phase, victim: "all" }) as const),
    ...(["stop", "ready"] as const).map((phase) => ({ phase, victim: "engine" }) as const),
  ];
  const expire = (days: number) => bench.stack.set(["slipway:app", "apiKeyExpireDays"], days);

  beforeAll(async () => {
    const stack = await TestStack.make();
    await stack.set(["slipway:rollout"], { bakeSeconds: 0, holdSeconds: patientHoldSeconds });
    await stack.set(["slipway:app"], { extraEnv: tmwsRate });
    await prepare(stack, () => tmwsProduct(outside));
  });
  afterAll(async () => bench.stack.destroy());

  it.each(cases)("$phase: killed, $victim", async (each) => {
    const days = 10 + cases.indexOf(each);
    const versions = await killedAt(
      each,
      async () => {
        const { stack } = bench;
        await expire(days);
        if (each.phase !== "migrate") return;
        await stack.set(["slipway:image", "build", "args"], { FAULT: "migration-ok" });
        await stack.set(["slipway:app", "schemaRevision"], "20260101_v2_note");
      },
      1,
    );
    expect(versions).toEqual(["2.4.0"]);
    expect((await outside.inspect("app")).Config.Env).toContain(`TMWS_API_KEY_EXPIRE_DAYS=${days}`);
  });

  it("these are all that the journal named", () => expectSeen(phases));
  it("killed in its bake time", () => killedInBake(() => expire(40), 1));
  it("killed in its undo", () => killedInUndo(() => expire(41), "app", 1));
});
