/** The IT Diligence Agent (guide 004) as a stack on PostgreSQL: three web replicas, a worker, one scheduler, Anthropic by a double. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import type { AnthropicDouble } from "../doubles/anthropic.ts";
import checklist from "../fixtures/diligence-checklist.json" with { type: "json" };
import {
  anthropicDouble,
  configure,
  diligenceProduct,
  diligenceStack,
  inside,
  pipeline,
  postgresSql,
  quality,
  release,
  type Sql,
  tokenOf,
} from "./support/diligence.ts";
import { checksum, distribution, moved, SideDatabase, seed } from "./support/diligence-data.ts";
import { eventually, type Outside } from "./support/host.ts";
import { prove } from "./support/prove-diligence.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectRefusal,
  expectSuccess,
  journalOf,
  launch,
  patientMs,
  polled,
  versionsOf,
} from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";

const base = { version: "2.3.0", head: "002" } as const;
const next = { version: "2.4.0", head: "003" } as const;
const index = "idx_facts_cost_status_unknown";

let double: AnthropicDouble;
let stack: TestStack;
let outside: Outside;
let bench: Bench;
let sql: Sql;
let token: string;

const revision = () => sql("SELECT version_num FROM alembic_version");
const column = () => sql("SELECT count(*) FROM information_schema.columns WHERE column_name = 'cost_status'");
const get = (path: string) => outside.https("GET", path, { token });

beforeAll(async () => {
  double = await anthropicDouble();
  stack = await diligenceStack(double);
  await configure(stack, base);
  outside = await launch(stack);
  sql = postgresSql(outside);
  token = await tokenOf(outside);
  bench = { stack, outside, product: () => diligenceProduct(outside, sql) };
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
});

describe("launched", () => {
  it("three web replicas, one worker, one scheduler; its probes left nothing", async () => {
    await expectOneRelease(stack, 5);
    expect(await sql("SELECT count(*) FROM deals")).toBe("0");
    expect(await inside(outside, "worker", "sh", "-c", "ls /app/output/runs")).toBe("");
    expect(double.calls).toEqual([200]);
  });

  it("a second preview finds no change", () => expectNoChanges(stack));

  it("health, a token, metrics inside only", async () => {
    expect(JSON.parse((await outside.https("GET", "/api/health")).body)).toEqual({
      status: "healthy",
      version: base.version,
      environment: "production",
      database: { healthy: true },
      redis: { healthy: true },
    });
    for (const path of ["/api/deals/a/inventory?domain=applications", "/api/deals/a/vdr", "/api/notes/a"]) {
      expect((await outside.https("GET", path)).status, path).toBe(401);
      expect((await outside.https("GET", path, { token: `${token}0` })).status, path).toBe(401);
    }
    expect((await outside.https("GET", "/metrics")).status).toBe(404);
  });
});

describe("the guide's verification", () => {
  it("a run from the document to the inventory, facts.json and VDR list", async () => {
    expect(await pipeline(outside, token, "guide")).toMatchObject({ enough: true, cost_quality: quality });
    const inventory = await get("/api/deals/guide/inventory?domain=applications");
    expect(JSON.parse(inventory.body)).toMatchObject({ cost_quality: quality });
    const vdr = z.object({ requests: z.array(z.object({ name: z.string() })) });
    const names = vdr.parse(JSON.parse((await get("/api/deals/guide/vdr")).body)).requests.map(({ name }) => name);
    expect(names).toHaveLength(12);
    expect(names).toContain("Route Planner");
    // Web and worker share the folder.
    const facts = await inside(outside, "web", "cat", "/app/output/runs/run-guide/facts/facts.json");
    const file = z.object({ facts: z.array(z.object({ details: z.object({ cost_status: z.string() }) })) });
    expect(file.parse(JSON.parse(facts)).facts).toHaveLength(51);
  });
});

describe("migration 003", () => {
  let side: SideDatabase;
  let before: string;
  const there = () =>
    side.sql(
      `SELECT (SELECT convalidated FROM pg_constraint WHERE conname = 'check_cost_status_values') || ' ' || (SELECT indisvalid FROM pg_index WHERE indexrelid = '${index}'::regclass)`,
    );

  it("comes with a release: no request fails at any of the three web replicas", async () => {
    const { result, tally, rows } = await polled(bench, () => release(stack, next));
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(versionsOf(tally)).toEqual([base.version, next.version]);
    expect(result.output).toContain("Moved the cost_status of 51 fact(s)");
    await expectOneRelease(stack, 5);
    expect(JSON.parse((await get("/api/deals/guide/inventory?domain=applications")).body)).toMatchObject({
      cost_quality: quality,
    });
  });

  it("up, down, up on a database of its own, over 1,000 rows with all kinds of JSON: every row as before, the column as the JSON says", async () => {
    side = await SideDatabase.make(outside);
    await side.alembic("upgrade", "002");
    await side.sql(seed("postgres"));
    before = await side.sql(checksum.postgres);
    expect(before).toMatch(/^1000 /);
    expect(await side.alembic("upgrade", "003")).toContain("Moved the cost_status of 400 fact(s)");
    expect(await side.sql(distribution)).toBe(moved);
    await side.alembic("downgrade", "002");
    expect(await side.sql(checksum.postgres)).toBe(before);
    await side.alembic("upgrade", "003");
    expect(await side.sql(distribution)).toBe(moved);
    expect(await side.sql(checksum.postgres)).toBe(before);
    expect(await there()).toBe("true true");
  });

  it("ended half-way and run again: column, constraint, index and rows are all there", async () => {
    await side.sql("UPDATE alembic_version SET version_num = '002'");
    await side.sql("UPDATE facts SET cost_status = NULL WHERE id % 3 = 0");
    await side.sql("ALTER TABLE facts DROP CONSTRAINT check_cost_status_values");
    await side.sql(`UPDATE pg_index SET indisvalid = false WHERE indexrelid = '${index}'::regclass`);
    await side.alembic("upgrade", "003");
    expect(await there()).toBe("true true");
    expect(await side.sql(distribution)).toBe(moved);
    await expect(side.sql("UPDATE facts SET cost_status = 'free' WHERE id = 1")).rejects.toThrow(
      'violates check constraint "check_cost_status_values"',
    );
    // The guide's init_db.py beside Alembic: nothing is made twice.
    expect(await side.run("python", "scripts/init_db.py")).toContain("the schema is at the newest revision");
    expect(await side.sql(checksum.postgres)).toBe(before);
  });

  it.each(checklist.map(({ guide, what, name, check }) => [guide, what, name, check] as const))(
    "guide %s, %s: %s",
    (_guide, _what, _name, check) => prove(outside, sql, token, check),
  );

  it("what the release before wrote meanwhile is filled by the scheduler's task", async () => {
    await sql("UPDATE facts SET cost_status = NULL WHERE deal_id = 'guide' AND details->>'cost_status' = 'known'");
    const filled = await inside(
      outside,
      "worker",
      "sh",
      "-c",
      "cd /app && python scripts/backfill_cost_status.py --deal-id guide",
    );
    expect(filled).toContain("cost_status of 31 facts filled");
  });
});

describe("going back and forth", () => {
  it("a variable there and back: no request fails", async () => {
    const greeting = async () => JSON.parse((await outside.https("GET", "/api/version")).body).greeting;
    const { result, tally, rows } = await polled(bench, async () => {
      await stack.set(["slipway:app", "extraEnv"], { DILIGENCE_GREETING: "good day" });
      expectSuccess(await stack.slipway("start"));
      expect(await greeting()).toBe("good day");
      await stack.set(["slipway:app", "extraEnv"], undefined);
      return stack.slipway("start");
    });
    expectSuccess(result);
    expectNoFailure(tally, rows);
    expect(await greeting()).toBe("hello");
  });

  it("by schema: the newer image takes the column away, the JSON still says it", async () => {
    await sql(seed("postgres"));
    const before = await sql(checksum.postgres);
    await stack.set(["slipway:rollout", "back"], "schema");
    const { result, tally } = await polled(bench, () => release(stack, base), patientMs);
    await stack.set(["slipway:rollout", "back"], undefined);
    expectSuccess(result);
    expect(tally.broken).toEqual([]);
    expect([await revision(), await column()]).toEqual(["002", "0"]);
    expect(await sql(checksum.postgres)).toBe(before);
    expect(JSON.parse((await get("/api/deals/guide/inventory?domain=applications")).body)).toMatchObject({
      cost_quality: quality,
    });
  });

  it("by restore: rows, output and data are those of before", async () => {
    const listing = () =>
      inside(outside, "web", "sh", "-c", "cd /app && find output data -type f | sort | xargs sha256sum");
    const [rows, files] = [await sql(checksum.postgres), await listing()];
    expectSuccess(await release(stack, next));
    await inside(
      outside,
      "worker",
      "sh",
      "-c",
      "echo changed >/app/output/runs/run-guide/facts/facts.json; echo new >/app/data/input/new.md",
    );
    await sql("DELETE FROM facts WHERE deal_id = 'seed' AND id % 2 = 0");
    await stack.set(["slipway:rollout", "back"], "data");
    expectSuccess(await release(stack, base));
    await stack.set(["slipway:rollout", "back"], undefined);
    expect(await revision()).toBe("002");
    expect(await sql(checksum.postgres)).toBe(rows);
    expect(await listing()).toBe(files);
  });

  it("the index that goes missing in the bake time undoes the release, and the assertion is named", async () => {
    await stack.set(["slipway:rollout", "bakeSeconds"], 30);
    await configure(stack, { ...next, version: "2.4.1" });
    const up = stack.begin("start");
    const watched = async () => (await journalOf(stack)).bake?.release;
    await eventually("the new release serves, and is watched", watched, 300);
    await sql(`DROP INDEX ${index}`);
    expectRefusal(
      await up.done,
      new RegExp(`schema assertion "${index} serves the question for unknown costs"`),
      "Undone",
    );
    const health = await outside.https("GET", "/api/health");
    expect(JSON.parse(health.body)).toMatchObject({ version: base.version });
  });
});
