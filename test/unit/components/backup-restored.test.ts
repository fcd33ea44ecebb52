import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { restoredSet } from "../../../components/backup/restored.ts";
import { setsPath } from "../../../components/backup/spec.ts";
import { committed, emptyJournal, type Journal } from "../../../components/steps/journal.ts";
import type { Lease } from "../../../components/steps/lease.ts";
import type { Command, Finished, SessionRunner } from "../../../components/steps/runner.ts";
import { oldImage, overlapInputs } from "../../doubles/stack.ts";

const set = "20261128T020000Z-backup";
const { data: plain, place: where } = overlapInputs(oldImage, "a", { web: 1, workers: 0 });
const [directory] = [{ name: "licenses", path: "/app/licenses" }];
const data = { ...plain, directories: [{ ...plain.directories[0], ...directory }] };
const place = { ...where, generation: 2 };
const restored = { generation: 2, set, revision: "0002_note" };

let sets: string;
let asked = 0;
beforeEach(() => {
  asked = 0;
  sets = mkdtempSync(join(tmpdir(), "slipway-sets-"));
  mkdirSync(join(sets, set, "licenses"), { recursive: true });
  writeFileSync(join(sets, set, "SHA256SUMS"), "x".repeat(10));
  writeFileSync(join(sets, set, "database.dump"), "x".repeat(100_000));
});
afterEach(() => rmSync(sets, { recursive: true }));

/** Runs what is asked on this machine, in a folder that stands for the sets' volume. */
const runner = {
  create: async () => "session",
  start: async () => undefined,
  remove: async () => undefined,
  list: async () => [],
  logs: async () => "",
  async exec(_: string, { argv: [program = "", ...args] }: Command): Promise<Finished> {
    asked += 1;
    const own = args.map((each) => each.replaceAll(setsPath, sets));
    const { status, stdout } = spawnSync(program, own, { encoding: "utf8" });
    return { exitCode: status ?? 1, output: stdout };
  },
} satisfies SessionRunner;

const ask = (journal: Partial<Journal>, revision = "0002_note", generation = 2) =>
  restoredSet({ runner, place, journal: { ...emptyJournal, ...journal } } as unknown as Lease, {
    place: { ...place, generation },
    data,
    revision,
  });

describe("the set of a release on restored data", () => {
  test("is the one that they came from", async () => {
    const found = await ask({ restored });
    expect(found?.set).toBe(set);
    expect(found?.kilobytes).toBeGreaterThan(90);
  });

  test.each([
    ["nothing was restored", () => ask({})],
    ["the data are of another generation: the switch went back", () => ask({ restored }, "0002_note", 1)],
    ["the release changes the schema", () => ask({ restored }, "0003_more")],
  ])("is taken anew when %s", async (_, found) => {
    expect(await found()).toBeUndefined();
    expect(asked).toBe(0);
  });

  test("is taken anew when that one is gone", async () => {
    rmSync(join(sets, set), { recursive: true });
    expect(await ask({ restored })).toBeUndefined();
    expect(asked).toBe(1);
  });

  test("is taken anew when that one lacks a directory that the data have", async () => {
    rmSync(join(sets, set, "licenses"), { recursive: true });
    expect(await ask({ restored })).toBeUndefined();
  });

  test("is taken anew once a release has served on these data", () => {
    const serving = { id: "r1" } as Journal["serving"] & object;
    expect(committed({ ...emptyJournal, restored }, serving).restored).toBeUndefined();
    expect(committed({ ...emptyJournal, restored }, serving).serving?.id).toBe("r1");
  });
});
