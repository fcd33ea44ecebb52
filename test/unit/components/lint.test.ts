import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { contracts } from "../../../components/migration/lint/finding.ts";
import { statementsFromLog } from "../../../components/migration/lint/log.ts";
import { lintPostgres } from "../../../components/migration/lint/postgres.ts";
import { rules } from "../../../components/migration/lint/rules.ts";
import { lintSqlite } from "../../../components/migration/lint/sqlite.ts";
import { parseSnapshot, type Snapshot, snapshotCommand } from "../../../components/migration/lint/sqlite-snapshot.ts";
import { describeAll, describe as inWords } from "../../../components/migration/lint/words.ts";

/** `rule at`, one text for each finding. */
const lint = async (...statements: readonly string[]) =>
  (await lintPostgres(statements)).map(({ id, at }) => `${id} ${at}`);

describe("lintPostgres", () => {
  test.each([
    ["DROP TABLE IF EXISTS public.orders, billing.lines", ["drop-table orders", "drop-table billing.lines"]],
    ["DROP SCHEMA billing CASCADE", ["drop-schema billing"]],
    ["DROP VIEW totals", ["drop-view totals"]],
    ["DROP TYPE state CASCADE", ["drop-cascade state"]],
    ["DROP FUNCTION total(int) CASCADE", ["drop-cascade total"]],
    ["ALTER TABLE ONLY public.orders DROP COLUMN total", ["drop-column orders.total"]],
    ["TRUNCATE orders, lines", ["truncate orders", "truncate lines"]],
    ["DELETE FROM orders", ["delete-all orders"]],
    ["UPDATE orders SET total = 0", ["update-all orders"]],
    ["WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone", ["delete-all orders"]],
    ["PREPARE p(int) AS UPDATE orders SET total = $1", ["update-all orders"]],
    ["ALTER TABLE orders ALTER COLUMN total TYPE bigint", ["alter-type orders.total"]],
    ["ALTER TABLE orders ALTER COLUMN total SET NOT NULL", ["set-not-null orders.total"]],
    ["ALTER TABLE orders ADD COLUMN note text NOT NULL", ["add-not-null orders.note"]],
    ["ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT NULL", ["add-not-null orders.note"]],
    ["ALTER TABLE orders ADD COLUMN key uuid DEFAULT gen_random_uuid()", ["add-column-rewrites orders.key"]],
    [
      "ALTER TABLE orders ADD COLUMN at timestamptz DEFAULT coalesce(clock_timestamp(), now())",
      ["add-column-rewrites orders.at"],
    ],
    ["ALTER TABLE orders ADD COLUMN n bigserial", ["add-column-rewrites orders.n"]],
    ["ALTER TABLE orders ADD COLUMN n int GENERATED ALWAYS AS IDENTITY", ["add-column-rewrites orders.n"]],
    ["ALTER TABLE orders ADD COLUMN n int GENERATED ALWAYS AS (total + 1) STORED", ["add-column-rewrites orders.n"]],
    ["ALTER TABLE orders ADD COLUMN code text UNIQUE", ["add-unique orders.code"]],
    ["ALTER TABLE orders ADD COLUMN owner int DEFAULT 1 REFERENCES users(id)", ["add-constraint orders.owner"]],
    ["ALTER TABLE orders ADD COLUMN n int CHECK (n > 0)", ["add-constraint orders.n"]],
    ["CREATE INDEX by_total ON orders (total)", ["create-index orders"]],
    ["ALTER TABLE orders ADD CONSTRAINT owner FOREIGN KEY (o) REFERENCES users(id)", ["add-constraint orders.owner"]],
    ["ALTER TABLE orders ADD CHECK (total > 0)", ["add-constraint orders"]],
    ["ALTER TABLE orders ADD CONSTRAINT one UNIQUE (code)", ["add-unique orders.one"]],
    ["ALTER TABLE orders ADD PRIMARY KEY (id)", ["add-unique orders"]],
    ["ALTER TABLE orders ADD CONSTRAINT free EXCLUDE USING gist (room WITH &&)", ["add-exclusion orders.free"]],
    ["ALTER TABLE orders RENAME TO purchases", ["rename orders"]],
    ["ALTER TABLE orders RENAME COLUMN total TO sum", ["rename orders.total"]],
    ["ALTER TABLE orders SET SCHEMA billing", ["rename orders"]],
    ["ALTER TYPE state RENAME VALUE 'open' TO 'opened'", ["rename state.open"]],
    ["LOCK TABLE orders", ["lock-table orders"]],
    ["VACUUM FULL orders", ["vacuum-full orders"]],
    ["VACUUM (FULL, ANALYZE)", ["vacuum-full every table"]],
    ["CLUSTER orders", ["cluster orders"]],
    ["REINDEX TABLE orders", ["reindex orders"]],
  ])("%s", async (statement, expected) => {
    expect(await lint(statement)).toEqual(expected);
  });

  test.each([
    "",
    "-- a comment",
    "SELECT * FROM orders",
    "INSERT INTO orders (total) VALUES (1)",
    "DELETE FROM orders WHERE id = 1",
    "UPDATE alembic_version SET version_num = 'b' WHERE alembic_version.version_num = 'a'",
    "ALTER TABLE orders ADD COLUMN note text",
    "ALTER TABLE orders ADD COLUMN note text NOT NULL DEFAULT ''",
    "ALTER TABLE orders ADD COLUMN made timestamptz NOT NULL DEFAULT now()",
    "ALTER TABLE orders ADD COLUMN made timestamptz DEFAULT CURRENT_TIMESTAMP",
    "ALTER TABLE orders ADD COLUMN owner int REFERENCES users(id)",
    "ALTER TABLE orders ALTER COLUMN total SET DEFAULT 0",
    "ALTER TABLE orders DROP CONSTRAINT one",
    "CREATE INDEX CONCURRENTLY by_total ON orders (total)",
    "ALTER TABLE orders ADD CONSTRAINT owner FOREIGN KEY (o) REFERENCES users(id) NOT VALID",
    "ALTER TABLE orders ADD CONSTRAINT one UNIQUE USING INDEX by_code",
    "ALTER TABLE orders VALIDATE CONSTRAINT owner",
    "ALTER TYPE state ADD VALUE 'open'",
    "LOCK TABLE orders IN SHARE UPDATE EXCLUSIVE MODE",
    "VACUUM (FULL false) orders",
    "REINDEX (CONCURRENTLY) TABLE orders",
    "CREATE FUNCTION clean() RETURNS void LANGUAGE sql BEGIN ATOMIC DELETE FROM orders; END",
  ])("nothing to say: %s", async (statement) => {
    expect(await lint(statement)).toEqual([]);
  });

  test("a table that this migration made is free, whatever it is called afterwards", async () => {
    const work = (table: string) => [
      `CREATE INDEX ON ${table} (a)`,
      `ALTER TABLE ${table} ADD b int NOT NULL, ALTER a SET NOT NULL, DROP c, ADD UNIQUE (a)`,
      `DELETE FROM ${table}`,
      `DROP TABLE ${table}`,
    ];
    expect(await lint("CREATE TABLE public.made (a int, c int)", ...work("made"))).toEqual([]);
    expect(await lint("CREATE TABLE made AS SELECT 1 AS a", ...work("made"))).toEqual([]);
    expect(await lint("SELECT 1 AS a INTO made", "ALTER TABLE made RENAME TO kept", ...work("kept"))).toEqual([]);
    // Dropped and used again, or perhaps there before: an old table.
    expect(await lint("CREATE TABLE made (a int)", "DROP TABLE made", "DELETE FROM made")).toEqual(["delete-all made"]);
    expect(await lint("CREATE TABLE IF NOT EXISTS made (a int)", "CREATE INDEX ON made (a)")).toEqual([
      "create-index made",
    ]);
    expect(await lint("CREATE INDEX ON made (a)", "CREATE TABLE made (a int)")).toEqual(["create-index made"]);
  });

  test("a column that this migration added holds nothing yet", async () => {
    expect(
      await lint("ALTER TABLE orders ADD note text", "UPDATE orders SET note = 'x'", "ALTER TABLE orders DROP note"),
    ).toEqual(["fill-new-column orders"]);
    expect(await lint("ALTER TABLE orders ADD note text", "UPDATE orders SET note = 'x', total = 0")).toEqual([
      "update-all orders",
    ]);
  });

  test("what it advises is accepted: a validated check before SET NOT NULL scans nothing, but still asks more of writers", async () => {
    const findings = await lintPostgres([
      "ALTER TABLE orders ADD CONSTRAINT there CHECK (total IS NOT NULL) NOT VALID",
      "ALTER TABLE orders VALIDATE CONSTRAINT there",
      "ALTER TABLE orders ALTER COLUMN total SET NOT NULL",
    ]);
    expect(findings).toEqual([{ id: "not-null", at: "orders.total" }]);
    expect(contracts(findings)).toEqual(findings);
  });

  test("a view that is made again was not dropped", async () => {
    expect(await lint("DROP VIEW totals", "CREATE VIEW totals AS SELECT 1")).toEqual([]);
    expect(await lint("CREATE VIEW totals AS SELECT 1", "DROP VIEW totals")).toEqual([]);
  });

  test("looks into DO blocks, and says what it cannot see", async () => {
    const block = "DO $$ BEGIN IF true THEN DROP TABLE orders; END IF; EXCEPTION WHEN others THEN NULL; END $$";
    expect(await lint(`${block}; DELETE FROM lines`)).toEqual(["drop-table orders", "delete-all lines"]);
    expect(await lint("DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'orders'; END $$")).toEqual([
      "unread DO $$ BEGIN EXECUTE 'DROP TABLE ' || 'orders'; END $$",
    ]);
    expect(await lint("DO LANGUAGE plpython3u 'pass'")).toEqual(["unread DO LANGUAGE plpython3u 'pass'"]);
  });

  test("what does not parse is a finding, shortened, and the rest is still read", async () => {
    expect(await lint(`DROP TABLE\n  orders ${"x ".repeat(100)}`, "TRUNCATE lines")).toEqual([
      `unread ${`DROP TABLE orders ${"x ".repeat(100)}`.slice(0, 80)}...`,
      "truncate lines",
    ]);
  });

  test("never throws, and says each thing once", async () => {
    expect(await lint("TRUNCATE lines", "TRUNCATE lines")).toEqual(["truncate lines"]);
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: "binary" }), { maxLength: 4 }), async (statements) => {
        const findings = await lintPostgres(statements);
        expect(findings.every(({ id }) => id in rules)).toBe(true);
      }),
      { numRuns: 25 },
    );
  });

  test("a step can load it: `require` refuses a module that awaits at its top", () => {
    const load = createRequire(import.meta.url);
    expect(Object.keys(load("../../../components/migration/lint/postgres.ts"))).toEqual(["lintPostgres"]);
  });
});

test("contracts: what an older release breaks on, and nothing else", async () => {
  const findings = await lintPostgres([
    "ALTER TABLE orders DROP a, ALTER b TYPE text, ALTER c SET NOT NULL, ADD d int NOT NULL, ADD e int DEFAULT random()",
    "CREATE INDEX ON orders (e)",
    "ALTER TABLE orders RENAME f TO g",
    "DELETE FROM lines",
    "DROP TABLE old",
  ]);
  expect(findings).toHaveLength(9);
  expect(contracts(findings).map(({ id }) => id)).toEqual([
    "drop-column",
    "alter-type",
    "set-not-null",
    "add-not-null",
    "rename",
    "drop-table",
  ]);
});

describe("words", () => {
  test("one line, with place, rule, consequence and the other way", () => {
    expect(inWords({ id: "create-index", at: "orders" })).toBe(
      "locks orders [create-index]: writes wait until the index is built. Instead: CREATE INDEX CONCURRENTLY, outside a transaction.",
    );
    expect(inWords({ id: "fewer-rows", at: "orders", detail: "2 of 3 rows are left" })).toBe(
      "loses orders [fewer-rows]: rows are gone (2 of 3 rows are left). Instead: keep them in a table of their own until nobody needs them.",
    );
  });

  test("what may stop the release comes first", () => {
    const lines = describeAll([
      { id: "truncate", at: "a" },
      { id: "drop-table", at: "b" },
    ]);
    expect(lines.map((line) => line.split(":")[0])).toEqual(["loses b [drop-table]", "loses a [truncate]"]);
  });
});

/** Lines that PostgreSQL 15 wrote for psql and pgbench with this prefix, and log_statement = mod. */
const log = `The files belonging to this database system will be owned by user "postgres".
2026-11-21 09:53:51.788 UTC [67] LOG:  database system is ready to accept connections
2026-11-21 09:53:51.900 UTC [76] [unknown]@[unknown] [unknown] LOG:  connection received: host=[local]
2026-11-21 09:53:51.927 UTC [76] postgres@postgres psql LOG:  statement: create database orders
2026-11-21 09:53:52.015 UTC [78] postgres@orders my app LOG:  statement: CREATE TABLE a (x int,
\t\ty text -- tab LOG:  here
waiting for server to start....
\t);
2026-11-21 09:53:52.018 UTC [78] postgres@orders my app LOG:  statement: insert into a values (1,'
\tLOG:  statement: DROP TABLE a;');
2026-11-21 09:53:52.019 UTC [78] postgres@orders my app LOG:  statement: DROP TABLE nope;
2026-11-21 09:53:52.019 UTC [85] postgres@other psql LOG:  statement: DROP TABLE elsewhere;
2026-11-21 09:53:52.019 UTC [78] postgres@orders my app ERROR:  table "nope" does not exist
2026-11-21 09:53:52.019 UTC [78] postgres@orders my app STATEMENT:  DROP TABLE nope;
2026-11-21 09:53:52.020 UTC [78] postgres@orders my app LOG:  statement: EXECUTE p(3);
2026-11-21 09:53:52.020 UTC [78] postgres@orders my app DETAIL:  prepare: PREPARE p(int) AS UPDATE a SET x=$1;
2026-11-21 09:53:52.135 UTC [85] postgres@orders pgbench LOG:  execute <unnamed>: update pgb set v=$1
\twhere v=1;
2026-11-21 09:53:52.135 UTC [85] postgres@orders pgbench DETAIL:  parameters: $1 = '1'
2026-11-21 09:53:52.174 UTC [88] postgres@orders pgbench LOG:  execute P_0: truncate pgb
2026-11-21 09:53:52.182 UTC [67] LOG:  received fast shutdown request
`;

describe("statementsFromLog", () => {
  test("those of one database that did not fail, whole and in order", () => {
    expect(statementsFromLog(log, "orders")).toEqual([
      "CREATE TABLE a (x int,\n\ty text -- tab LOG:  here\n);",
      "insert into a values (1,'\nLOG:  statement: DROP TABLE a;');",
      "EXECUTE p(3);",
      "PREPARE p(int) AS UPDATE a SET x=$1;",
      "update pgb set v=$1\nwhere v=1;",
      "truncate pgb",
    ]);
    expect(statementsFromLog(log, "other")).toEqual(["DROP TABLE elsewhere;"]);
    expect(statementsFromLog(log, "order")).toEqual([]);
  });

  test("an error of something that was not logged forgets nothing", () => {
    const other = log.replace("STATEMENT:  DROP TABLE nope;", "STATEMENT:  SELECT 1/0;");
    expect(statementsFromLog(other, "orders")).toContain("DROP TABLE nope;");
  });

  test("is what the lint reads", async () => {
    expect(await lint(...statementsFromLog(log, "orders"))).toEqual(["truncate pgb"]);
  });
});

const table = (name: string, rows: number | undefined, ...columns: readonly string[]) => ({
  name,
  rows,
  columns: columns.map((text) => ({
    name: text.replace(/[!=]/g, ""),
    notNull: text.includes("!"),
    hasDefault: text.includes("="),
  })),
});

describe("lintSqlite", () => {
  const before: Snapshot = [table("orders", 3, "id=", "total", "note"), table("old", 2, "id=")];

  test("nothing changed, or only more", () => {
    const more = [
      table("orders", 4, "id=", "total", "note", "more", "code!="),
      before[1] ?? table("old", 0),
      table("new", 0, "x!"),
    ];
    expect(lintSqlite(before, before)).toEqual([]);
    expect(lintSqlite(before, more)).toEqual([]);
  });

  test("dropped, fewer, stricter", () => {
    const findings = lintSqlite(before, [table("orders", 1, "id=", "total!", "code!")]);
    expect(findings).toEqual([
      { id: "fewer-rows", at: "orders", detail: "1 of 3 rows are left" },
      { id: "drop-column", at: "orders.note", detail: "3 rows" },
      { id: "not-null", at: "orders.total" },
      { id: "add-not-null", at: "orders.code" },
      { id: "drop-table", at: "old", detail: "2 rows" },
    ]);
    expect(contracts(findings)).toEqual(findings.slice(1));
  });

  test("rows of a virtual table are not compared", () => {
    expect(lintSqlite([table("v", undefined)], [table("v", undefined)])).toEqual([]);
  });
});

describe("a snapshot of a real SQLite file", () => {
  const folder = mkdtempSync(join(tmpdir(), "slipway-lint-"));
  afterAll(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "it's a database.db");
  const sqlite = (sql: string) => execFileSync("sqlite3", [file, sql]);
  const snapshot = () => {
    const [command = "", ...args] = snapshotCommand(file);
    return parseSnapshot(execFileSync(command, args, { encoding: "utf8" }));
  };

  test("names with every quote, keys, generated and virtual columns; then a migration's rebuild", () => {
    sqlite(
      `CREATE TABLE "we""ird's %s" (id INTEGER PRIMARY KEY, "a'b" text NOT NULL, c int NOT NULL DEFAULT 3, d, e int AS (c + 1) NOT NULL);
       INSERT INTO "we""ird's %s" ("a'b") VALUES ('x'), ('y');
       CREATE TABLE sqliteish (x); CREATE TABLE counted (id INTEGER PRIMARY KEY AUTOINCREMENT);
       CREATE VIRTUAL TABLE words USING fts5(x); INSERT INTO words VALUES ('one'); CREATE VIEW seen AS SELECT 1;`,
    );
    const before = snapshot();
    expect(before).toEqual([
      table("counted", 0, "id="),
      table("sqliteish", 0, "x"),
      table(`we"ird's %s`, 2, "id=", "a'b!", "c!=", "d", "e!="),
      table("words", undefined),
    ]);
    sqlite(
      `CREATE TABLE t (id INTEGER PRIMARY KEY, "a'b" text NOT NULL, c int NOT NULL); INSERT INTO t SELECT id, "a'b", c FROM "we""ird's %s" LIMIT 1;
       DROP TABLE "we""ird's %s"; ALTER TABLE t RENAME TO "we""ird's %s"; DROP TABLE words;`,
    );
    expect(lintSqlite(before, snapshot()).map(({ id, at }) => `${id} ${at}`)).toEqual([
      `fewer-rows we"ird's %s`,
      `drop-column we"ird's %s.d`,
      `drop-column we"ird's %s.e`,
      "drop-table words",
    ]);
  });

  test("an answer that is not whole is refused: half a schema would look like drops", () => {
    const line = '{"name":"a","rows":0,"columns":[]}';
    expect(parseSnapshot(`${line}\n1\n`)).toEqual([table("a", 0)]);
    expect(parseSnapshot("0\n")).toEqual([]);
    expect(() => parseSnapshot(`${line}\n2\n`)).toThrow(/^the schema of the copy could not be read; sqlite3 printed: /);
    expect(() => parseSnapshot("Error: file is not a database")).toThrow("file is not a database");
    expect(() => parseSnapshot("")).toThrow("could not be read");
  });
});
