import { describe, expect, test } from "vitest";
import { drillRds, drillServer } from "../../../components/backup/rds-drill.ts";
import type { Original, Servers } from "../../../components/steps/servers.ts";
import { renderRestored } from "../../../ops/data/managed/drill.ts";
import { drillRecordOf } from "../../../ops/data/managed/record.ts";

const ago = (seconds: number) => new Date(Date.now() - seconds * 1000);
const original: Original = {
  instanceClass: "db.t4g.small",
  subnetGroup: "slipway-blue",
  parameterGroup: "slipway-blue-1",
  groups: ["sg-1"],
  restorableUntil: ago(300),
};

/** Stands for RDS, which is not to be had here: a server comes up after two looks, and before that takes no order to go. */
class MemoryServers implements Servers {
  readonly there = new Map<string, string>([["slipway-blue", "available"]]);
  readonly restored: unknown[] = [];
  kept = [
    { id: "older", taken: ago(90_000) },
    { id: "newest", taken: ago(3600) },
    { id: "old", taken: ago(7200) },
  ];
  outcome = "available";
  #looks = 0;

  async snapshots() {
    return this.kept;
  }
  async original(server: string) {
    return this.there.has(server) ? original : undefined;
  }
  async restore(server: string, ...rest: readonly unknown[]) {
    this.there.set(server, "creating");
    this.restored.push([server, ...rest]);
  }
  async state(server: string) {
    const status = this.there.get(server);
    if (status === undefined) return undefined;
    this.#looks += 1;
    if (status === "creating" && this.#looks > 2) this.there.set(server, this.outcome);
    return { status, address: status === "available" ? `${server}.rds.amazonaws.com` : undefined };
  }
  async remove(server: string) {
    if (this.there.get(server) === "creating")
      throw Object.assign(new Error("it is creating"), { name: "InvalidDBInstanceStateFault" });
    this.there.delete(server);
  }
}

const asked: string[] = [];
const ask = async (address: string) => {
  asked.push(address);
  return { revision: "0002_note", rows: { "public.orders": 3, "public.notes": 2 } };
};
const drill = (servers: Servers, more: Partial<Parameters<typeof drillRds>[0]> = {}) =>
  drillRds({ servers, server: "slipway-blue", stack: "blue", ask, say: () => undefined, ...more }, 0);

describe("a drill of a database that RDS runs", () => {
  test("restores the newest snapshot as private as the server that serves, asks it, and removes it alone", async () => {
    const servers = new MemoryServers();
    const found = await drill(servers);
    expect(servers.restored).toEqual([["slipway-blue-drill", "newest", original, { "slipway:drill": "blue" }]]);
    expect(asked).toEqual(["slipway-blue-drill.rds.amazonaws.com"]);
    expect(found).toMatchObject({ snapshot: "newest", revision: "0002_note" });
    expect(found.ageSeconds).toBeGreaterThanOrEqual(3600);
    expect(found.rpoSeconds).toBeLessThan(3600);
    expect([...servers.there.keys()]).toEqual(["slipway-blue"]);
  });

  test("starts the product on it once it has answered, and fails with what the product says", async () => {
    const servers = new MemoryServers();
    const seen: string[] = [];
    const prove = async (address: string) => {
      seen.push(address);
      return { proved: ["healthy"], left: [] };
    };
    expect((await drill(servers, { prove })).product).toEqual({ proved: ["healthy"], left: [] });
    expect(seen).toEqual(["slipway-blue-drill.rds.amazonaws.com"]);
    const ill = drill(servers, { prove: () => Promise.reject(new Error("it is ill")) });
    await expect(ill).rejects.toThrow("it is ill");
    expect([...servers.there.keys()]).toEqual(["slipway-blue"]);
  });

  test("removes it also when it does not answer, fails to come up, or has no schema", async () => {
    const mute = { ask: () => Promise.reject(new Error("no answer")) };
    const empty = { ask: async () => ({ revision: "", rows: {} }) };
    for (const [more, outcome, why] of [
      [mute, "available", "no answer"],
      [{}, "incompatible-restore", "the restored server slipway-blue-drill is incompatible-restore"],
      [empty, "available", "newest has no schema revision"],
    ] as const) {
      const servers = new MemoryServers();
      servers.outcome = outcome;
      await expect(drill(servers, more)).rejects.toThrow(why);
      expect([...servers.there.keys()]).toEqual(["slipway-blue"]);
    }
  });

  test("begins nothing without a snapshot, without the server, and beside another drill, whose server it leaves", async () => {
    const without = new MemoryServers();
    without.kept = [];
    await expect(drill(without)).rejects.toThrow("slipway-blue has no snapshot that can be restored");
    const gone = new MemoryServers();
    gone.there.clear();
    await expect(drill(gone)).rejects.toThrow("the server slipway-blue is gone");
    const twice = new MemoryServers();
    twice.there.set(drillServer("blue"), "available");
    await expect(drill(twice)).rejects.toThrow("mend: aws rds delete-db-instance --skip-final-snapshot");
    expect([...twice.there.keys()]).toContain("slipway-blue-drill");
    for (const each of [without, gone, twice]) expect(each.restored).toEqual([]);
  });
});

test("what it found out, and what it did not try", () => {
  const restored = {
    ...{ snapshot: "newest", ageSeconds: 3600, rpoSeconds: 240, rtoSeconds: 1500, revision: "0002_note" },
    rows: { "public.orders": 3, "public.notes": 2 },
  };
  expect(renderRestored({ ...restored, product: undefined })).toBe(
    [
      "newest was restored and answered; its throw-away server is removed",
      "  RTO     25 min until the database answered; services follow in minutes",
      "  RPO     4 min of writes, by a restore to the newest moment",
      "  age     60 min",
      "  rows    5 in 2 tables, compared with nothing: a snapshot counts none",
      "  schema  0002_note",
      "  not tried: the product on it, Redis' snapshot",
    ].join("\n"),
  );
});

test("what of the product passed, and what was left", () => {
  const restored = {
    ...{
      snapshot: "newest",
      ageSeconds: 3600,
      rpoSeconds: undefined,
      rtoSeconds: 1500,
      revision: "0002_note",
      rows: {},
    },
    product: { proved: ["healthy", "an order"], left: ["healthy through the edge"] },
  };
  const text = renderRestored(restored);
  expect(text).toContain("  RTO     25 min until the product on it answered; services follow in minutes");
  expect(text).toContain("  product healthy, an order\n  not tried: healthy through the edge, Redis' snapshot");
});

test("a stack that released nothing has nothing to drill", () => {
  expect(() => drillRecordOf("blue", [])).toThrow("`npm start -- --stack blue` makes one");
});
