/** Migrations, and the ways back: orders on PostgreSQL, with a client that asks throughout. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Outside, runner } from "./support/host.ts";
import { ordersInSet, ordersProduct, ordersSql } from "./support/product.ts";
import {
  type Bench,
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
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let bench: Bench;

interface Build {
  readonly version: string;
  readonly head?: "0001_orders" | "0002_note";
  readonly fault?: string;
  /** The schema that the release wants, when it is not the head. */
  readonly revision?: string;
}

/** Releases a build of the reference application with these options of slipway:rollout. */
async function release({ version, head = "0002_note", fault = "none", revision = head }: Build, options = {}) {
  await stack.set(["slipway:rollout"], { ...patience, ...options });
  await stack.set(["slipway:image", "build", "args"], { VERSION: version, HEAD: head, FAULT: fault });
  await stack.set(["slipway:app"], { version, schemaRevision: revision });
  return stack.slipway("start");
}

const patience = { bakeSeconds: 0, drainSeconds: 5 };

const revision = () => ordersSql(outside, "SELECT version_num FROM alembic_version");

beforeAll(async () => {
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], patience);
  await stack.set(["slipway:app"], { version: "1.0.0", schemaRevision: "0001_orders" });
  await stack.set(["slipway:image", "build", "args"], { VERSION: "1.0.0", HEAD: "0001_orders", FAULT: "none" });
  outside = await launch(stack);
  bench = { stack, outside, product: () => ordersProduct(outside) };
});
afterAll(async () => stack.destroy());

describe("migrations that cannot hurt", () => {
  it("0001 to 0002 while the old release serves: no request fails", async () => {
    const { result, tally, rows } = await polled(bench, () => release({ version: "2.0.0" }));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["1.0.0", "2.0.0"]);
    expect(await revision()).toBe("0002_note");
    const rehearsed = Number(await outputOf(stack, "rehearsalSeconds"));
    console.log(`  rehearsed on a copy for ${rehearsed} s while the old release served`);
    expect(rehearsed).toBeGreaterThan(0);
    await expectOneRelease(stack, 5);
  });

  it("one that takes away is refused as expand, with the finding by name", async () => {
    const before = await serving(outside);
    const up = await release({ version: "2.1.0", fault: "contract", revision: "0003_contract" });
    expectRefusal(
      up,
      "(migration):",
      "breaks release",
      /DROP COLUMN|drop-column|drop column/i,
      "rollout.migration contract",
    );
    expect(await serving(outside)).toEqual(before);
    expect(await revision()).toBe("0002_note");
  });

  it("and as contract, as long as the serving release does not say that it works without", async () => {
    const up = await release(
      { version: "2.1.0", fault: "contract", revision: "0003_contract" },
      { migration: "contract", soakHours: 0 },
    );
    expectRefusal(up, "must wait", "does not say that it works without", "rollout.reads[0]");
    expect(await revision()).toBe("0002_note");
  });

  it("and as long as that release has not soaked", async () => {
    expectSuccess(await release({ version: "2.1.0" }, { reads: ["0003_contract"] }));
    const up = await release(
      { version: "2.2.0", fault: "contract", revision: "0003_contract" },
      { migration: "contract", soakHours: 1, reads: ["0003_contract"] },
    );
    expectRefusal(up, "must wait", /has served 0\.\d of the 1 hours/, "slipway:rollout.soakHours");
    expect(await revision()).toBe("0002_note");
    await expectOneRelease(stack, 5);
  });

  it("once it may run it does, what it takes away is told as a warning, and the downgrade brings the schema back", async () => {
    const contracting = { version: "2.2.0", fault: "contract", revision: "0003_contract" };
    expectSuccess(await release(contracting, { migration: "contract", soakHours: 0 }));
    expect(await revision()).toBe("0003_contract");
    expect(await outputOf(stack, "warnings")).toEqual([expect.stringContaining("note")]);
    expectSuccess(await release({ version: "2.1.0" }, { back: "schema" }));
    expect(await revision()).toBe("0002_note");
    await expectOneRelease(stack, 5);
  });

  it("one that hangs on a lock fails within bounded time, and the old release serves on", async () => {
    const [postgres] = await outside.running("postgres");
    const sleep = "BEGIN; LOCK TABLE orders IN ACCESS SHARE MODE; SELECT pg_sleep(900)";
    const session = runner.exec(postgres?.Id ?? "", {
      argv: ["psql", "-XqAt", "-U", "postgres", "-d", "orders", "-c", sleep],
      env: { PGAPPNAME: "test-lock" },
    });
    const before = await serving(outside);
    const { result, tally, rows } = await polled(bench, async () => {
      const started = performance.now();
      const up = await release({ version: "2.2.0", fault: "migration-lock", revision: "0003_lock" });
      return { up, seconds: (performance.now() - started) / 1000 };
    });
    await ordersSql(
      outside,
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'test-lock'",
    );
    await session;
    expectRefusal(result.up, 'phase "migrate"', "lock timeout", "serves again");
    // The lock is held for 15 minutes: it did not wait for that.
    expect(result.seconds).toBeLessThan(300);
    expectNoFailure(tally, rows);
    expect(await serving(outside)).toEqual(before);
    expect(await revision()).toBe("0002_note");
  });

  it("without the lock it goes through, with nothing to warn of", async () => {
    const { result, tally, rows } = await polled(bench, () =>
      release({ version: "2.2.0", fault: "migration-lock", revision: "0003_lock" }),
    );
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(await revision()).toBe("0003_lock");
    expect(await outputOf(stack, "warnings")).toEqual([]);
  });
});

describe("back to a version that is older than the data", () => {
  const older = { version: "2.3.0", head: "0002_note" } as const;

  it("is refused, with the three ways and the command", async () => {
    const before = await serving(outside);
    const up = await release(older);
    expectRefusal(up, "the data are at schema revision 0003_lock", "rollout.back code", "`schema`", "`data`");
    expect(await serving(outside)).toEqual(before);
  });

  it("by code: the schema stays, every write is kept, no request fails", async () => {
    const refused = await release(older, { back: "code" });
    expectRefusal(refused, "rollout.reads[0]", "0003_lock");
    const { result, tally, rows } = await polled(bench, () => release(older, { back: "code", reads: ["0003_lock"] }));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual(["2.2.0", "2.3.0"]);
    expect(await revision()).toBe("0003_lock");
    await expectOneRelease(stack, 5);
  });

  it("by schema: the newer image downgrades, every write is kept, no request fails", async () => {
    expectSuccess(await release({ version: "2.4.0", fault: "migration-lock", revision: "0003_lock" }));
    const { result, tally, rows } = await polled(bench, () => release(older, { back: "schema" }), patientMs);
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(await revision()).toBe("0002_note");
    expect(await outputOf(stack, "migrated")).toBe("downgraded to 0002_note");
    await expectOneRelease(stack, 5);
  });

  it("by data: the rows of the set from before, and the set with those written since is named", async () => {
    const count = () => ordersSql(outside, "SELECT count(*) FROM orders");
    const before = await count();
    expectSuccess(await release({ version: "2.4.0", fault: "migration-lock", revision: "0003_lock" }));
    const { result } = await polled(bench, async (client) => {
      await expect.poll(() => client.acknowledged.length, { timeout: 30_000 }).toBeGreaterThan(20);
      return client;
    });
    expect(result.acknowledged.length).toBeGreaterThan(20);
    expectSuccess(await release(older, { back: "data" }));
    expect(await revision()).toBe("0002_note");
    expect(await count()).toBe(before);
    const [, since] = /those from before are in (\S+)/.exec(String(await outputOf(stack, "migrated"))) ?? [];
    expect(await ordersInSet(stack, since ?? "no set")).toBeGreaterThan(Number(before) + 20);
    await expectOneRelease(stack, 5);
  });
});
