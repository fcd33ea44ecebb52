/** Ten releases of the single writer, good and bad ones in turn, each under a client that writes throughout. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { Lives } from "./support/events.ts";
import type { Outside } from "./support/host.ts";
import { tmwsProduct, tmwsRate } from "./support/product.ts";
import {
  type Bench,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  journalOf,
  launch,
  patientMs,
  polled,
  serving,
} from "./support/release.ts";
import { patientHoldSeconds, TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let bench: Bench;
let lives: Lives;
let acknowledged = 0;

const releases = [...Array(10).keys()].map((place) => place + 1);
/** After each of these a release follows that is undone. */
const undoneAfter = [3, 6, 9];

const countOfRows = async () => Number(await outside.sql("SELECT count(*) FROM memories"));

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 20, holdSeconds: patientHoldSeconds });
  await stack.set(["slipway:app"], { extraEnv: tmwsRate });
  outside = await launch(stack);
  bench = { stack, outside, product: () => tmwsProduct(outside) };
  lives = await Lives.watch(stack);
});
afterAll(async () => {
  lives.stop();
  await stack.destroy();
});

for (const place of releases) {
  it(`release ${place}: no request fails, the acknowledged writes are the rows`, () => good(place));
  if (undoneAfter.includes(place)) it(`one that is undone after release ${place}: the same`, undone);
}

it("every acknowledged write of all of them is a row, and no other is", async () => {
  expect(acknowledged).toBeGreaterThan(releases.length * 10);
  expect(await countOfRows()).toBe(acknowledged);
});

it("two writers never ran at once: the engine told of every start", () => {
  // The launch's own was before the watch began.
  expect(lives.starts).toBeGreaterThanOrEqual(releases.length + undoneAfter.length);
  expect(lives.atOnce).toBe(1);
});

async function good(place: number): Promise<void> {
  const before = (await journalOf(stack)).serving?.id;
  const { result, tally, rows } = await polled(bench, () => withGreeting(`greeting ${place}`), patientMs);
  expectSuccess(result);
  expectNoFailure(tally, rows);
  acknowledged += tally.acknowledged.length;
  const { serving: now, previous } = await journalOf(stack);
  expect(now?.replicas.length).toBe(1);
  expect({ changed: now?.id !== before, previous: previous?.id }).toEqual({ changed: true, previous: before });
  await expectOneRelease(stack, 1);
}

async function undone(): Promise<void> {
  const [before, restore] = [await serving(outside), await stack.saved()];
  await stack.set(["slipway:image", "build", "args"], { FAULT: "unhealthy" });
  const { result, tally, rows } = await polled(bench, () => stack.slipway("start"), patientMs);
  expectRefusal(result, 'phase "ready"', "serves again");
  expectNoFailure(tally, rows);
  acknowledged += tally.acknowledged.length;
  expect(await serving(outside)).toEqual(before);
  await expectOneRelease(stack, 1);
  await restore();
}

async function withGreeting(text: string) {
  await stack.set(["slipway:app", "extraEnv"], { ...tmwsRate, TMWS_GREETING: text });
  return stack.slipway("start");
}
