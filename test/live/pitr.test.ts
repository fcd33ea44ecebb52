/** A restore to any moment on PostgreSQL: test/workloads/orders with a log that is received as it is written. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { listSeries } from "../../components/archive/recover.ts";
import { archivePart, archiveSlot } from "../../components/archive/spec.ts";
import { volumesOf } from "./support/data.ts";
import { FullDisk } from "./support/full-disk.ts";
import { engine, eventually, type Outside, runner } from "./support/host.ts";
import { orderKeys, ordersSql, placeOrder } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let disk: FullDisk;
/** Of the first generation, after `first` and before `second`; and after `second`. */
const moments = { between: "", after: "" };

const order = (key: string) => placeOrder(outside, key);
const keys = () => orderKeys(outside);
const slot = (what: string) =>
  ordersSql(outside, `SELECT ${what} FROM pg_replication_slots WHERE slot_name = '${archiveSlot}'`);

/** A moment of the database's clock, a millisecond up: what was ordered before is before it, and a request takes longer than that. */
async function moment(): Promise<string> {
  const asked = "to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')";
  const now = await ordersSql(outside, `SELECT ${asked}`);
  return new Date(new Date(now).getTime() + 1).toISOString();
}

async function series() {
  const { Image } = await outside.inspect("postgres");
  return listSeries(runner, { stack: stack.name, system: "orders" }, Image);
}

/** What node exporter tells of the archive. */
async function told(name: string): Promise<number> {
  const text = await outside.exec("node-exporter", "wget", "-qO-", "http://127.0.0.1:9100/metrics");
  const value = new RegExp(`^slipway_archive_${name} (\\S+)$`, "m").exec(text)?.[1];
  return value === undefined ? Number.NaN : Number(value);
}

const received = () =>
  eventually("the archive has all", async () => {
    const wanted = await ordersSql(outside, "SELECT pg_current_wal_flush_lsn()");
    return eventually(
      "the slot follows",
      async () => ((await slot(`restart_lsn >= '${wanted}'`)) === "t" ? true : undefined),
      30,
    );
  });

const base = (count: number) =>
  eventually(
    `series ${count} has a base backup`,
    async () => {
      const all = await series();
      const last = all.at(-1);
      return all.length === count && last?.bases.some((each) => each < new Date()) === true ? last : undefined;
    },
    90,
  );

beforeAll(async () => {
  stack = await TestStack.orders();
  await stack.set(["slipway:rollout"], { bakeSeconds: 0, readyTimeoutSeconds: 30, drainSeconds: 5 });
  await stack.set(["slipway:app"], { replicas: 1, workers: 1 });
  await stack.set(["slipway:backup"], { continuous: true, slotMb: 64 });
  await stack.set(["slipway:watch"], { profile: "small" });
  // Far less than what is written below: only a server that lets go of its log survives.
  disk = await FullDisk.under(stack, { part: "postgres-data", system: "orders", megabytes: 320, owner: 999 });
  outside = await launch(stack);
});
afterAll(async () => {
  await disk.release();
  await stack.destroy();
});

it("the log is received from the start, by a role that may do nothing else; the second preview shows no change", async () => {
  await base(1);
  await received();
  expect(await slot("active")).toBe("t");
  expect(
    await ordersSql(
      outside,
      "SELECT count(*) FROM pg_roles WHERE rolname = 'orders_archive' AND rolreplication AND NOT rolsuper",
    ),
  ).toBe("1");
  await expect(outside.exec(archivePart, "psql", "-d", "orders", "-c", "SELECT 1")).rejects.toThrow(
    /pg_hba.conf rejects/,
  );
  await eventually("node exporter has the numbers", async () => ((await told("lag_bytes")) < 1e6 ? true : undefined));
  expect(await told("gaps_total")).toBe(0);
  await expectNoChanges(stack);
});

it("an archive that was away catches up, and says meanwhile that it is", async () => {
  const { Id } = await outside.inspect(archivePart);
  await engine.getContainer(Id).stop();
  const silent = await told("contact_timestamp_seconds");
  await order("while-it-was-away");
  await ordersSql(outside, "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 8000000))");
  expect(await slot("active")).toBe("f");
  expect(await told("contact_timestamp_seconds")).toBe(silent);
  await engine.getContainer(Id).start();
  await received();
  await eventually("it says so", async () => ((await told("contact_timestamp_seconds")) > silent ? true : undefined));
  expect(await told("gaps_total")).toBe(0);
  expect(await series()).toHaveLength(1);
});

it("an archive that stays away fills no disk: no write fails, the gap is told, and a new log begins", async () => {
  const { Id } = await outside.inspect(archivePart);
  await engine.getContainer(Id).stop();
  for (let round = 0; round < 12; round += 1) {
    for (const _ of [1, 2, 3, 4])
      await ordersSql(outside, "SELECT pg_logical_emit_message(false, 'fill', repeat('x', 10000000))");
    await ordersSql(outside, "CHECKPOINT");
    await order(`round-${round}`);
  }
  expect(await slot("wal_status")).toBe("lost");
  await engine.getContainer(Id).start();
  const begun = await base(2);
  expect(begun?.generation).toBe(0);
  await eventually("the gap is told", async () => ((await told("gaps_total")) === 1 ? true : undefined));
  await received();
});

it("of two orders the one before the moment is there and the one after it is not", async () => {
  await ordersSql(outside, "TRUNCATE orders");
  await order("first");
  moments.between = await moment();
  await order("second");
  moments.after = await moment();
  const run = await stack.slipway("restore", "--at", moments.between, "--yes");
  expectSuccess(run);
  expect(run.output).toContain(
    `Restores the database of stack ${stack.name} to ${moments.between}, by the base backup of`,
  );
  await outside.healthy();
  expect(await keys()).toEqual(["first"]);
  expect(await volumesOf(stack)).toEqual(expect.arrayContaining(["archive", "postgres-data", "postgres-data.g1"]));
  await expectNoChanges(stack);
});

it("the new data have a log of their own, and a moment of the former data can be restored still", async () => {
  await order("third");
  expect((await base(3))?.generation).toBe(1);
  const run = await stack.slipway("restore", "--at", moments.after, "--yes");
  expectSuccess(run);
  expect(await keys()).toEqual(["first", "second"]);
});

it("a moment that no log reaches is refused with the last one that there is; what runs stays", async () => {
  const [, second] = await series();
  const gap = new Date((second?.begun.getTime() ?? 0) - 1).toISOString();
  const before = await outside.fingerprint();
  const run = await stack.slipway("restore", "--at", gap, "--yes");
  expect(run.code).not.toBe(0);
  expect(run.output).toContain(`the archive does not reach ${gap}: its last commit is of`);
  expect(await outside.fingerprint()).toEqual(before);
  expect(await keys()).toEqual(["first", "second"]);
});

it("switched off, it leaves no slot that would keep the log, and keeps the archive", async () => {
  await stack.set(["slipway:backup", "continuous"], false);
  expectSuccess(await stack.slipway("start"));
  expect(await slot("count(*)")).toBe("0");
  expect(await volumesOf(stack)).toContain("archive");
  await expectNoChanges(stack);
  // A volume that somebody mounts cannot go.
  await disk.release();
  expectSuccess(await stack.slipway("down", "--with-data"));
  expect(await outside.leftovers()).toEqual([]);
});
