/** SIGKILL at every phase of a release, in both modes; the phases are those that the journal names. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Phase } from "../../components/rollout/plan.ts";
import type { Outside } from "./support/host.ts";
import { Killer } from "./support/kill.ts";
import { ordersProduct, tmwsProduct, tmwsRate } from "./support/product.ts";
import {
  type Bench,
  expectOneRelease,
  expectSuccess,
  expectWholeAnswers,
  journalOf,
  launch,
  polled,
  versionsOf,
} from "./support/release.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

/** What is killed: the engine, whose step then finds out by itself, or all its processes at one moment, as when the power goes. */
type Victim = "engine" | "all";

interface Case {
  readonly phase: Phase;
  readonly victim: Victim;
}

let bench: Bench;
let killer: Killer;
let outside: Outside;

async function prepare(stack: TestStack, product: Bench["product"]): Promise<void> {
  killer = new Killer(stack);
  outside = await launch(stack);
  bench = { stack, outside, product };
}

/** Kills the release at a phase, then runs the same command again. @param change what makes it a release */
async function killedAt(
  { phase, victim }: Case,
  change: () => Promise<void>,
  replicas: number,
): Promise<readonly string[]> {
  const { stack } = bench;
  await change();
  // Held requests wait until the next command has mended the release.
  const { tally, rows } = await polled(
    bench,
    async () => {
      const running = stack.begin("start");
      await killer.atPhase(running, phase);
      await killer.kill(running, { step: victim === "all" });
      expect((await journalOf(stack)).open?.phase).toMatch(/./);
      const again = await stack.slipway("start");
      expectSuccess(again);
      expect(again.output).toContain("was killed");
    },
    60_000,
  );
  expectWholeAnswers(tally, rows);
  await expectOneRelease(stack, replicas);
  return versionsOf(tally);
}

afterEach(() => killer.endOrphans());

describe("overlap", () => {
  const phases: readonly Phase[] = [
    "migrate",
    "create",
    "start",
    "ready",
    "probe",
    "switch",
    "drain",
    "retire",
    "commit",
  ];

  beforeAll(async () => {
    const stack = await TestStack.orders();
    await stack.set(["slipway:rollout"], { bakeSeconds: 0, drainSeconds: 5 });
    await stack.set(["slipway:app"], { version: "1.0.0", schemaRevision: "0001_orders", replicas: 2, workers: 1 });
    await stack.set(["slipway:image", "build", "args"], { VERSION: "1.0.0", HEAD: "0001_orders" });
    await prepare(stack, () => ordersProduct(outside));
  });
  afterAll(async () => bench.stack.destroy());

  it(`has ${phases.length} boundaries`, () => {
    console.log(`  overlap: SIGKILL at ${phases.length} boundaries: ${phases.join(", ")}`);
    expect(new Set(phases).size).toBe(phases.length);
  });

  it.each(phases.map((phase) => ({ phase, victim: "all" }) as const))("$phase: killed, $victim", async (each) => {
    const versions = await killedAt(
      each,
      async () => {
        const { stack } = bench;
        if (each.phase === "migrate") {
          await stack.set(["slipway:image", "build", "args"], { VERSION: "2.0.0", HEAD: "0002_note" });
          await stack.set(["slipway:app", "version"], "2.0.0");
          await stack.set(["slipway:app", "schemaRevision"], "0002_note");
        } else await stack.set(["slipway:app", "extraEnv", "ORDERS_GREETING"], `${each.phase} ${each.victim}`);
      },
      3,
    );
    expect(versions).toEqual(each.phase === "migrate" ? ["1.0.0", "2.0.0"] : ["2.0.0"]);
    const { greeting } = JSON.parse((await outside.https("GET", "/version")).body);
    expect(greeting).toBe(each.phase === "migrate" ? "hello" : `${each.phase} ${each.victim}`);
  });
});

describe("stop-first", () => {
  const phases: readonly Phase[] = [
    ...(["create", "hold", "stop", "back-up", "migrate", "start", "ready", "probe", "switch", "commit"] as const),
  ];
  const cases: readonly Case[] = [
    ...phases.map((phase) => ({ phase, victim: "all" }) as const),
    ...(["stop", "ready"] as const).map((phase) => ({ phase, victim: "engine" }) as const),
  ];

  beforeAll(async () => {
    const stack = await TestStack.make();
    await stack.set(["slipway:rollout"], { bakeSeconds: 0, holdSeconds: patientHoldSeconds });
    await stack.set(["slipway:app"], { extraEnv: tmwsRate });
    await prepare(stack, () => tmwsProduct(outside));
  });
  afterAll(async () => bench.stack.destroy());

  it(`has ${phases.length} boundaries`, () => {
    console.log(`  stop-first: SIGKILL at ${phases.length} boundaries: ${phases.join(", ")}`);
    expect(new Set(phases).size).toBe(phases.length);
  });

  it.each(cases)("$phase: killed, $victim", async (each) => {
    const days = 10 + cases.indexOf(each);
    const versions = await killedAt(
      each,
      async () => {
        const { stack } = bench;
        await stack.set(["slipway:app", "apiKeyExpireDays"], days);
        if (each.phase !== "migrate") return;
        await stack.set(["slipway:image", "build", "args"], { FAULT: "migration-ok" });
        await stack.set(["slipway:app", "schemaRevision"], "20260101_v2_note");
      },
      1,
    );
    expect(versions).toEqual(["2.4.0"]);
    expect((await outside.inspect("app")).Config.Env).toContain(`TMWS_API_KEY_EXPIRE_DAYS=${days}`);
  });
});
