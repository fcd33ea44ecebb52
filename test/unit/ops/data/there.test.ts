import { describe, expect, test } from "vitest";
import { countSet } from "../../../../components/backup/rows.ts";
import { rehearsalName } from "../../../../components/database/spec.ts";
import type { Command, SessionRunner } from "../../../../components/steps/runner.ts";
import type { ClusterFacts } from "../../../../ops/data/facts.ts";
import { assertReplaceable, replaceData } from "../../../../ops/data/there.ts";
import { facts, manifestOf } from "./cluster-facts.ts";

/** Stands for pods of a namespace: every command succeeds, and it is told what was asked. */
class Pods implements SessionRunner {
  readonly asked: string[] = [];
  revision = "0002";
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
    if (words === countSet(facts.access.data, set).join(" ")) return { exitCode: 0, output: "orders\t3\n" };
    return { exitCode: 0, output: "12\n" };
  };

  /** What was done to the data, in order. */
  get done(): readonly string[] {
    return this.asked.flatMap((words) => {
      if (words.includes("orders_restoring"))
        return [`in its place: ${/sets\/(\S+?)\/database\.dump/.exec(words)?.[1]}`];
      return words.includes("pg_dump") ? [`taken: ${words.includes("-emergency.part") ? "emergency" : "?"}`] : [];
    });
  }
}

const set = "20261129T020000Z-import";
const manifest = (rows: number) => manifestOf({ revision: "0002", rows: { orders: rows } });

describe("data of a stack in a cluster", () => {
  test("are replaced after an emergency set was taken, and told", async () => {
    const pods = new Pods();
    const { rows, emergency } = await replaceData({ facts, runner: pods }, set, manifest(3));
    expect(rows).toEqual({ orders: 3 });
    expect(emergency).toMatch(/-emergency$/);
    expect(pods.done).toEqual(["taken: emergency", `in its place: ${set}`]);
    expect(pods.running).toBe(0);
  });

  test("stay when the set's rows are not those that it tells", async () => {
    const pods = new Pods();
    const replaced = replaceData({ facts, runner: pods }, set, manifest(4));
    await expect(replaced).rejects.toThrow("orders: 4 in the set, 3 restored");
    expect(pods.done).toEqual([]);
  });

  test.each(["0002", "0001"])("a set that tells no schema is asked: %s", async (revision) => {
    const pods = Object.assign(new Pods(), { revision });
    const replaced = replaceData({ facts, runner: pods }, set, undefined);
    if (revision === facts.schema.target) expect((await replaced).rows).toEqual({ orders: 3 });
    else await expect(replaced).rejects.toThrow(`${set}: its schema is at 0001, and there runs 0002`);
    expect(pods.done).toHaveLength(revision === facts.schema.target ? 2 : 0);
    expect(pods.asked.some((words) => words.includes(`DROP DATABASE IF EXISTS "${rehearsalName}"`))).toBe(true);
    expect(pods.running).toBe(0);
  });

  test("in SQLite are refused", () => {
    const data = { ...facts.access.data, database: { kind: "sqlite", file: "/data/a.db" } } as const;
    const other: ClusterFacts = { ...facts, access: { ...facts.access, data } };
    expect(() => assertReplaceable(other)).toThrow("whose one writer nothing in a cluster holds");
  });
});
