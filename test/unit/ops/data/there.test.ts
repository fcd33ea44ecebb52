import { describe, expect, test } from "vitest";
import { countTables } from "../../../../components/postgres/counts.ts";
import type { Command, SessionRunner } from "../../../../components/steps/runner.ts";
import type { ClusterFacts } from "../../../../ops/data/facts.ts";
import { assertReplaceable, replaceData } from "../../../../ops/data/there.ts";
import { facts, manifestOf } from "./cluster-facts.ts";

/** Stands for pods of a namespace: every command succeeds, and it is told what was asked. */
class Pods implements SessionRunner {
  readonly asked: string[] = [];
  revision = "0002";
  rows = "orders\t3\n";
  /** How many pods are left. */
  running = 0;

  list = async () => [];
  create = async () => {
    this.running += 1;
    return "pod";
  };
  start = async () => undefined;
  remove = async () => {
    this.running -= 1;
  };
  logs = async () => "";
  exec = async (_: string, { argv }: Command) => {
    const words = argv.join(" ");
    this.asked.push(words);
    if (words.includes(facts.schema.revisionSql)) return { exitCode: 0, output: `${this.revision}\n` };
    if (words === countTables().join(" ")) return { exitCode: 0, output: this.rows };
    return { exitCode: 0, output: "12\n" };
  };

  /** Sets that were put in the place of the database, in order. */
  get swapped(): readonly string[] {
    return this.asked.flatMap((words) =>
      words.includes("orders_restoring") ? [/sets\/(\S+?)\/database\.dump/.exec(words)?.[1] ?? "?"] : [],
    );
  }
}

const set = "20261129T020000Z-import";
const replaced = (pods: Pods, rows = { orders: 3 }) =>
  replaceData({ facts, runner: pods }, manifestOf({ rows }), async () => {
    expect(pods.asked.some((words) => words.includes("-emergency"))).toBe(true);
    expect(pods.swapped).toEqual([]);
    return set;
  });

describe("data of a stack in a cluster", () => {
  test("are replaced after an emergency set was taken, and told", async () => {
    const pods = new Pods();
    const { rows, emergency } = await replaced(pods);
    expect(rows).toEqual({ orders: 3 });
    expect(emergency).toMatch(/-emergency$/);
    expect(pods.swapped).toEqual([set]);
    expect(pods.running).toBe(0);
  });

  test("of another schema than the release's go again, and those of before come back", async () => {
    const pods = Object.assign(new Pods(), { revision: "0001" });
    await expect(replaced(pods)).rejects.toThrow(
      /schema is at 0001, and there runs 0002.*\nthere has the data of \S+-emergency again/,
    );
    expect(pods.swapped).toEqual([set, expect.stringMatching(/-emergency$/)]);
  });

  test("that are not those of the set go again as well", async () => {
    const pods = new Pods();
    await expect(replaced(pods, { orders: 4 })).rejects.toThrow("orders: 4 in the set, 3 restored");
    expect(pods.swapped).toHaveLength(2);
  });

  test("in SQLite are refused", () => {
    const data = { ...facts.access.data, database: { kind: "sqlite", file: "/data/a.db" } } as const;
    const other: ClusterFacts = { ...facts, access: { ...facts.access, data } };
    expect(() => assertReplaceable(other)).toThrow("whose one writer nothing in a cluster holds");
  });
});
