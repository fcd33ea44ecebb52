/** Releases that go bad after the switch, under traffic: orders on PostgreSQL, with a client that asks throughout. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Outside } from "./support/host.ts";
import { ordersProduct, ordersSql } from "./support/product.ts";
import {
  type Bench,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  expectWholeAnswers,
  journalOf,
  launch,
  polled,
  versionsOf,
} from "./support/release.ts";
import type { Run } from "./support/run.ts";
import { TestStack } from "./support/stack.ts";
import { Webhook } from "./support/webhook.ts";

let stack: TestStack;
let outside: Outside;
let bench: Bench;
let webhook: Webhook;

/** What serves, and comes back each time. */
const good = "1.0.0";

interface Build {
  readonly version: string;
  readonly fault?: string;
}

/** Asks for a build of the reference application, with these options of slipway:rollout. */
async function configure({ version, fault = "none" }: Build, options = {}): Promise<void> {
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, drainSeconds: 5, ...options });
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, FAULT: fault });
  await stack.set(["slipway:app", "version"], version);
}

async function release(build: Build, options = {}): Promise<Run> {
  await configure(build, options);
  return stack.slipway("start");
}

beforeAll(async () => {
  webhook = await Webhook.listen();
  stack = await TestStack.orders();
  await configure({ version: good });
  outside = await launch(stack);
  bench = { stack, outside, product: () => ordersProduct(outside) };
});
afterAll(async () => {
  await webhook.close();
  await stack.destroy();
});

async function servingVersion(): Promise<string> {
  return JSON.parse((await outside.https("GET", "/version")).body).version;
}

describe("a release that goes bad in its bake time", () => {
  it("by 5xx: undone with the reason, every acknowledged write is kept, the webhook is told", async () => {
    await stack.setSecret("slipway:announce.webhook", webhook.url);
    const { result, tally, rows } = await polled(bench, () =>
      release({ version: "3.0.0", fault: "errors" }, { bakeSeconds: 90 }),
    );
    expectRefusal(result, "in its bake time", "5xx answers of web-8000", "Undone: release", "every write is kept");
    expect(new Set(tally.gap.map(({ what }) => what))).toEqual(new Set(["status 500"]));
    expectWholeAnswers(tally, rows);
    expect(versionsOf(tally)).toEqual([good, "3.0.0"]);
    expect(await servingVersion()).toBe(good);
    await expectOneRelease(stack, 5);
    const told = webhook.take();
    expect(told.map(({ event }) => event)).toEqual(["started", "undone"]);
    expect(told[1]?.why).toContain("5xx answers of web-8000");
    expect(told[1]?.release).toBe(told[0]?.release);
  });

  it("the same release is refused with the command that tries it again, which does", async () => {
    const again = await release({ version: "3.0.0", fault: "errors" }, { bakeSeconds: 90 });
    expectRefusal(again, "this release went bad before", "5xx answers of web-8000");
    const [, definition] = /config set --path slipway:rollout\.retry ([0-9a-f]{16})/.exec(again.output) ?? [];
    expect((await journalOf(stack)).bad.map((each) => each.definition)).toEqual([definition]);
    const { result } = await polled(bench, () =>
      release({ version: "3.0.0", fault: "errors" }, { bakeSeconds: 90, retry: definition }),
    );
    expectRefusal(result, "in its bake time");
    webhook.take();
  });

  it.each([
    {
      why: "invalid values",
      build: { version: "3.3.0", fault: "invalid" },
      words: /schema assertion "no order without an item": .* answered "[1-9]\d*", wanted "0"/,
    },
    {
      why: "failed queries that no user sees",
      build: { version: "3.4.0", fault: "queries" },
      words: /failed queries of orders: \d/,
    },
  ])(
    "by $why: undone with the name of what tripped, every acknowledged write is kept, refused afterwards",
    async ({ build, words }) => {
      const { result, tally, rows } = await polled(bench, () => release(build, { bakeSeconds: 90 }));
      expectRefusal(result, "in its bake time", words, "Undone: release", "every write is kept");
      // Users met no error: only what watches the database knew.
      expectNoFailure(tally, rows);
      expect(versionsOf(tally)).toEqual([good, build.version]);
      expect(await servingVersion()).toBe(good);
      await expectOneRelease(stack, 5);
      expectRefusal(await release(build, { bakeSeconds: 90 }), "this release went bad before", words);
      expect(webhook.take().map(({ event }) => event)).toEqual(["started", "undone"]);
      // What an operator does next: nobody but them knows what was ordered.
      await ordersSql(outside, "UPDATE orders SET item = 'test' WHERE item = ''");
    },
  );

  it("by its death: undone with the reason, every acknowledged write is kept", async () => {
    const { result, tally, rows } = await polled(bench, () =>
      release({ version: "3.1.0", fault: "dies" }, { bakeSeconds: 60 }),
    );
    expectRefusal(result, "in its bake time", /web-\S+ ended by itself/, "Undone: release");
    expectWholeAnswers(tally, rows);
    expect(versionsOf(tally)).toEqual([good, "3.1.0"]);
    await expectOneRelease(stack, 5);
    expect(webhook.take().map(({ event }) => event)).toEqual(["started", "undone"]);
  });

  it("the next good one is watched, succeeds, and is announced", async () => {
    const { result, tally, rows } = await polled(bench, () => release({ version: "3.2.0" }, { bakeSeconds: 20 }));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(webhook.take().map(({ event }) => event)).toEqual(["started", "succeeded"]);
    expect(result.output).not.toContain("the-secret-of-this-hook");
    await expectOneRelease(stack, 5);
  });
});
