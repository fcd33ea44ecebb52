/** npm run restore --from on PostgreSQL: dumps as guides 002, 003 and 004 make them, of a database whose roles are not ours. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { copyOut } from "./support/copy-out.ts";
import { expectUntouched, setsOf, volumesOf } from "./support/data.ts";
import type { Outside } from "./support/host.ts";
import { orderKeys, ordersSql, placeOrder } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let folder: string;
let stack: TestStack;
let outside: Outside;

const order = (key: string) => placeOrder(outside, key);
const keys = () => orderKeys(outside);
const file = (name: string) => join(folder, name);

/** A copy of the orders in a database of its own, owned by a role as guide 002 has it, dumped by the guides' commands. */
const guideMade = [
  "psql -XqAt -v ON_ERROR_STOP=1 -U postgres -d postgres -c 'CREATE ROLE \"ridgetop\"' -c 'CREATE ROLE reader' -c 'CREATE DATABASE guide'",
  "pg_dump -U postgres -d orders --no-owner --no-privileges | psql -XqAt -v ON_ERROR_STOP=1 -U postgres -d guide -o /dev/null",
  "psql -XqAt -v ON_ERROR_STOP=1 -U postgres -d guide -c 'ALTER TABLE orders OWNER TO ridgetop' -c 'GRANT SELECT ON orders TO reader'",
  "pg_dump -U postgres -d guide -F c -f /var/lib/postgresql/data/backup_20251128_020000.dump",
  "pg_dump -U postgres guide > /var/lib/postgresql/data/backup_20251128.sql",
  "gzip /var/lib/postgresql/data/backup_20251128.sql",
  "psql -XqAt -v ON_ERROR_STOP=1 -U postgres -d postgres -c 'DROP DATABASE guide' -c 'DROP ROLE ridgetop' -c 'DROP ROLE reader'",
].join("\n");

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "slipway-import-"));
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, drainSeconds: 5 });
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  outside = await launch(stack);
  await order("before");
  await outside.exec("postgres", "bash", "-euo", "pipefail", "-c", guideMade);
  for (const name of ["backup_20251128_020000.dump", "backup_20251128.sql.gz"])
    await copyOut((await outside.inspect("postgres")).Id, `/var/lib/postgresql/data/${name}`, folder);
  await order("after");
});
afterAll(async () => {
  await stack.destroy();
  rmSync(folder, { recursive: true });
});

for (const name of ["backup_20251128_020000.dump", "backup_20251128.sql.gz"])
  it(`takes ${name}: its rows, none of its roles; users order on`, async () => {
    const run = await stack.slipway("restore", "--from", file(name), "--yes");
    expectSuccess(run);
    expect(run.output).toContain("Rows of public.orders: 2 now, 1 then.");
    expect(run.output).toContain("Its schema is at revision 0002_note.");
    await outside.healthy();
    expect(await keys()).toEqual(["before"]);
    await order("again");
    expect(await keys()).toEqual(["before", "again"]);
    const owner = await ordersSql(outside, "SELECT pg_get_userbyid(relowner) FROM pg_class WHERE relname = 'orders'");
    expect(owner).toBe("orders_owner");
    expect(await ordersSql(outside, "SELECT count(*) FROM pg_roles WHERE rolname IN ('ridgetop', 'reader')")).toBe("0");
    await expectNoChanges(stack);
  });

it("is a set among the others, which no restore takes by itself", async () => {
  const sets = await setsOf(stack);
  expect(sets.filter(({ purpose }) => purpose === "import").length).toBe(2);
});

it("refuses SQL that fails half-way, in PostgreSQL's words, and leaves no volume", async () => {
  writeFileSync(
    file("bad.sql"),
    "--\n-- PostgreSQL database dump\n--\nCREATE TABLE a (id int);\nINSERT INTO b VALUES (1);\n",
  );
  const before = await volumesOf(stack);
  const refused = () => stack.slipway("restore", "--from", file("bad.sql"), "--yes");
  await expectUntouched(stack, outside, refused, 'relation "b" does not exist');
  expect(await volumesOf(stack)).toEqual(before);
});
