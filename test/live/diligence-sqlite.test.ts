/** The IT Diligence Agent on SQLite, as on a laptop (guide 004, "SQLite (Local Development)"): one web process, one worker. */
import { afterAll, beforeAll, expect, it } from "vitest";
import type { AnthropicDouble } from "../doubles/anthropic.ts";
import {
  anthropicDouble,
  configure,
  diligenceProduct,
  diligenceStack,
  inside,
  release,
  type Sql,
  sqliteSql,
} from "./support/diligence.ts";
import { checksum, distribution, moved, seed } from "./support/diligence-data.ts";
import type { Outside } from "./support/host.ts";
import {
  type Bench,
  expectNoChanges,
  expectNoFailure,
  expectOneRelease,
  expectSuccess,
  launch,
  patientMs,
  polled,
  versionsOf,
} from "./support/release.ts";
import type { TestStack } from "./support/stack.ts";

const base = { version: "2.3.0", head: "002" } as const;
const next = { version: "2.4.0", head: "003" } as const;

let double: AnthropicDouble;
let stack: TestStack;
let outside: Outside;
let bench: Bench;
let sql: Sql;

beforeAll(async () => {
  double = await anthropicDouble();
  stack = await diligenceStack(double, { database: "sqlite" });
  await configure(stack, base);
  outside = await launch(stack);
  sql = sqliteSql(outside);
  bench = { stack, outside, product: () => diligenceProduct(outside, sql) };
});
afterAll(async () => {
  await stack.destroy();
  await double.stop();
});

const revision = () => sql("SELECT version_num FROM alembic_version");
const files = () =>
  inside(
    outside,
    "web",
    "sh",
    "-c",
    "cd /app && find output data -type f ! -name 'diligence.db*' | sort | xargs sha256sum",
  );

it("one web process, one worker, one scheduler; a second preview finds no change", async () => {
  await expectOneRelease(stack, 3);
  await expectNoChanges(stack);
});

it("a release stops the old ones first: requests wait, none fails, 1,000 rows are migrated and the same", async () => {
  await sql(seed("sqlite"));
  await inside(outside, "worker", "sh", "-c", "echo before >/app/data/input/mine.md");
  const before = await sql(checksum.sqlite);
  expect(before).toMatch(/^1000 /);
  const { result, tally, rows } = await polled(bench, () => release(stack, next), patientMs);
  expectSuccess(result);
  expectNoFailure(tally, rows);
  expect(versionsOf(tally)).toEqual([base.version, next.version]);
  expect(await sql(checksum.sqlite)).toBe(before);
  expect(await sql(distribution)).toBe(moved);
  await expectOneRelease(stack, 3);
});

it("up, down, up on a copy: every row is the same; run again after it was ended half-way, all is there", async () => {
  const copy = "/tmp/copy.db";
  const before = await sql(checksum.sqlite);
  const onCopy = (statement: string) => inside(outside, "web", "sqlite3", copy, statement);
  const alembic = (...argv: readonly string[]) =>
    inside(outside, "web", "sh", "-c", `cd /app && DATABASE_URL=sqlite:///${copy} alembic ${argv.join(" ")}`);
  await sql(`.backup ${copy}`);
  await alembic("downgrade", "002");
  expect(await onCopy("SELECT count(*) FROM pragma_table_info('facts') WHERE name = 'cost_status'")).toBe("0");
  expect(await onCopy(checksum.sqlite)).toBe(before);
  await alembic("upgrade", "003");
  expect(await onCopy(checksum.sqlite)).toBe(before);
  expect(await onCopy(distribution)).toBe(moved);
  await onCopy(
    "UPDATE alembic_version SET version_num = '002'; UPDATE facts SET cost_status = NULL WHERE id % 3 = 0; DROP INDEX idx_facts_cost_status_unknown; CREATE TABLE _alembic_tmp_facts (id integer)",
  );
  await alembic("upgrade", "003");
  expect(await onCopy(distribution)).toBe(moved);
  expect(await onCopy(checksum.sqlite)).toBe(before);
  expect(await onCopy("SELECT count(*) FROM sqlite_master WHERE name = 'idx_facts_cost_status_unknown'")).toBe("1");
  await expect(onCopy("UPDATE facts SET cost_status = 'free' WHERE id = 1")).rejects.toThrow(
    /check_cost_status_values/,
  );
});

it("back by restore: the database's file and the files beside it are those of before", async () => {
  const [rows, before] = [await sql(checksum.sqlite), await files()];
  await inside(outside, "worker", "sh", "-c", "echo after >/app/data/input/mine.md; echo new >/app/output/new");
  await sql("DELETE FROM facts WHERE deal_id = 'seed' AND id % 2 = 0");
  await stack.set(["slipway:rollout", "back"], "data");
  expectSuccess(await release(stack, base));
  await stack.set(["slipway:rollout", "back"], undefined);
  expect(await revision()).toBe("002");
  expect(await sql(checksum.sqlite)).toBe(rows);
  expect(await files()).toBe(before);
  expect(await sql("PRAGMA integrity_check")).toBe("ok");
});
