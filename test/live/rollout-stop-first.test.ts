/** Releases that stop the old writer first: TMWS on SQLite, with a client that asks throughout and waits while requests are held. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Lives } from "./support/events.ts";
import type { Outside } from "./support/host.ts";
import { memoriesInSet, tmwsProduct, tmwsRate } from "./support/product.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  launch,
  outputOf,
  patientMs,
  polled,
  serving,
  versionsOf,
} from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

const [base, note] = ["20251124_v2_license", "20260101_v2_note"] as const;

let stack: TestStack;
let outside: Outside;
let bench: Bench;
let lives: Lives;

const patience = { bakeSeconds: 0, readyTimeoutSeconds: 20, holdSeconds: patientHoldSeconds };
const revision = () => outside.sql("SELECT version_num FROM alembic_version");

/** Releases a build of the reference application. */
async function release(version: string, fault = "none", schemaRevision: string = base, more = {}): Promise<Run> {
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, FAULT: fault });
  await stack.set(["slipway:app"], { version, schemaRevision, extraEnv: tmwsRate, ...more });
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

/** A release under load that must not be noticed but by a wait. */
async function unnoticed(version: string, fault: string, wanted: string, more = {}): Promise<void> {
  const { result, tally, rows } = await polled(bench, () => release(version, fault, wanted, more), patientMs);
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
    const { result, tally, rows } = await polled(bench, () => release("2.4.2", "unhealthy"), patientMs);
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
    const { result, tally, rows } = await polled(bench, () => release("2.4.2", "migration-ok", note), patientMs);
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

describe("with the default of 5 s for the hold", () => {
  beforeAll(async () => {
    // Alone: it changes how long the switch waits, which replaces the switch.
    await stack.set(["slipway:rollout", "holdSeconds"], undefined);
    expectSuccess(await stack.slipway("start"));
  });
  afterAll(async () => {
    await stack.set(["slipway:rollout", "holdSeconds"], patientHoldSeconds);
    expectSuccess(await stack.slipway("start"));
  });

  it("another image", () => unnoticed("2.4.4", "migration-ok", note));

  it("another value of a variable", async () => {
    await unnoticed("2.4.4", "migration-ok", note, { apiKeyExpireDays: 77 });
    expect((await outside.inspect("app")).Config.Env).toContain("TMWS_API_KEY_EXPIRE_DAYS=77");
  });
});

describe("back to a version that is older than the data: requests wait, none fails", () => {
  const newer = (version: string) => release(version, "migration-ok", note);
  const memories = () => outside.sql("SELECT count(*) FROM memories");

  /** Back to code that knows the base only, with these options; acknowledged writes are the rows, older ones stay. */
  async function back(version: string, options: object): Promise<void> {
    await stack.set(["slipway:rollout"], { ...patience, ...options });
    const before = Number(await memories());
    const { result, tally, rows } = await polled(bench, () => release(version, "none", base), patientMs);
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toContain(version);
    expect(JSON.parse((await outside.healthy()).body)).toEqual({ status: "healthy", version });
    expect(Number(await memories())).toBe(before + rows.length);
    await expectOneRelease(stack, 1);
  }

  beforeAll(async () => expectSuccess(await newer("2.4.4")));

  it("by code: the schema stays", async () => {
    const served = await serving(outside);
    expectRefusal(await release("2.4.0", "none", base), `at schema revision ${note}`, "rollout.back code");
    expect(await serving(outside)).toEqual(served);
    await back("2.4.0", { back: "code", reads: [note] });
    expect(await revision()).toBe(note);
  });

  it("by schema: the newer image downgrades, and every row is kept", async () => {
    expectSuccess(await newer("2.4.5"));
    await back("2.4.1", { back: "schema" });
    expect(await revision()).toBe(base);
    expect(await outputOf(stack, "migrated")).toBe(`downgraded to ${base}`);
  });

  it("by data: the rows of the set from before, and the set with those written since is named", async () => {
    await stack.set(["slipway:rollout"], patience);
    const before = await memories();
    expectSuccess(await newer("2.4.6"));
    await polled(bench, (client) =>
      expect.poll(() => client.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20),
    );
    const written = Number(await memories());
    expect(written).toBeGreaterThan(Number(before) + 20);
    await stack.set(["slipway:rollout"], { ...patience, back: "data" });
    expectSuccess(await release("2.4.1", "none", base));
    expect(await revision()).toBe(base);
    expect(await memories()).toBe(before);
    const [, since] = /those from before are in (\S+)/.exec(String(await outputOf(stack, "migrated"))) ?? [];
    expect(await memoriesInSet(stack, since ?? "no set")).toBe(written);
    await expectOneRelease(stack, 1);
  });
});

it("two writers never ran at once, in all of this", () => {
  expect(lives.starts).toBeGreaterThanOrEqual(3);
  expect(lives.atOnce).toBe(1);
});
