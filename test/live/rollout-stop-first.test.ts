/** Releases that stop the old writer first: TMWS on SQLite, with a client that asks throughout and waits while requests are held. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lives } from "./support/events.ts";
import type { Outside } from "./support/host.ts";
import { tmwsProduct, tmwsRate } from "./support/product.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  launch,
  outputOf,
  polled,
  serving,
  versionsOf,
} from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let bench: Bench;
let lives: Lives;

/** Longer than any hold, in milliseconds, also on a busy machine: how long one was is told, not judged here. */
const patient = 60_000;
const patience = { bakeSeconds: 0, readyTimeoutSeconds: 20, holdSeconds: patientHoldSeconds };
const revision = () => outside.sql("SELECT version_num FROM alembic_version");

/** Releases a build of the reference application. */
async function release(version: string, fault = "none", schemaRevision = "20251124_v2_license"): Promise<Run> {
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, FAULT: fault });
  await stack.set(["slipway:app"], { version, schemaRevision, extraEnv: tmwsRate });
  return stack.slipway("start");
}

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:rollout"], patience);
  await stack.set(["slipway:app"], { extraEnv: tmwsRate });
  outside = await launch(stack);
  bench = { stack, outside, product: () => tmwsProduct(outside) };
  lives = await Lives.watch(stack);
});
afterAll(async () => {
  lives.stop();
  await stack.destroy();
});

const [base, note] = ["20251124_v2_license", "20260101_v2_note"] as const;

/** A release under load that must not be noticed but by a wait. */
async function unnoticed(version: string, fault: string, wanted: string): Promise<void> {
  const { result, tally, rows } = await polled(bench, () => release(version, fault, wanted), patient);
  expectSuccess(result);
  expectNoFailure(tally, rows);
  expect(versionsOf(tally).at(-1)).toBe(version);
  expect(await revision()).toBe(wanted);
  const held = Number(await outputOf(stack, "heldSeconds"));
  console.log(`  ${version}: requests were held ${held} s`);
  expect(held).toBeGreaterThan(0);
  expect(held).toBeLessThan(tally.longestSeconds + 0.5);
  await expectOneRelease(stack, 1);
}

describe("a release that takes too long goes back to the one that served", () => {
  it("a slow start is waited for, and told apart from the rest of the hold", () => unnoticed("2.4.1", "slow", base));

  it("an app that is not ready in time", async () => {
    const before = await serving(outside);
    const { result, tally, rows } = await polled(bench, () => release("2.4.2", "unhealthy"), patient);
    expectRefusal(result, 'phase "ready"', "Undone: release", "serves again");
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["2.4.1"]);
    expect(await serving(outside)).toEqual(before);
    await expectOneRelease(stack, 1);
  });

  it("a migration that holds requests longer than it may", async () => {
    // Alone: it changes how long the switch waits, which replaces the switch.
    await stack.set(["slipway:rollout", "holdSeconds"], 1);
    await stack.set(["slipway:image", "build", "args"], { VERSION: "2.4.1", FAULT: "slow" });
    await stack.set(["slipway:app", "version"], "2.4.1");
    expectSuccess(await stack.slipway("start"));
    const before = await serving(outside);
    const { result, tally, rows } = await polled(bench, () => release("2.4.2", "migration-ok", note), patient);
    expectRefusal(
      result,
      /requests were held \d+\.\d s beside .* allowed are 1 s \(slipway:rollout\.holdSeconds\)/,
      "Undone",
    );
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["2.4.1"]);
    expect(await serving(outside)).toEqual(before);
    expect(await revision()).toBe(base);
    await stack.set(["slipway:rollout", "holdSeconds"], patientHoldSeconds);
    await stack.set(["slipway:image", "build", "args"], { VERSION: "2.4.1", FAULT: "slow" });
    await stack.set(["slipway:app"], { version: "2.4.1", extraEnv: tmwsRate });
    expectSuccess(await stack.slipway("start"));
  });
});

describe("requests wait for the one writer: none fails, acknowledged writes are the rows, the hold is told", () => {
  it("a release with a migration", () => unnoticed("2.4.2", "migration-ok", note));
  it("another image", () => unnoticed("2.4.3", "migration-ok", note));
  it("the preview right after shows no change", () => expectNoChanges(stack));
});

it("two writers never ran at once, in all of this", () => {
  expect(lives.starts).toBeGreaterThanOrEqual(3);
  expect(lives.atOnce).toBe(1);
});
