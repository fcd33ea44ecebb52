/** Which sets stay when the clock jumps, by the real script in a real shell. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type DataSpec, setName, setsPath, takePieces } from "../../../components/backup/spec.ts";

const data: DataSpec = {
  image: "i",
  user: "1000:1000",
  mounts: [],
  backupVolume: "v",
  database: { kind: "sqlite", file: "/app/data/tmws.db" },
  directories: [],
  keep: 3,
};

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-sets-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const nameAt = (time: string) => setName(new Date(time), "backup");
const sets = () => readdirSync(root).sort();

/** What surrounds the copying of the data, in a folder of this test's. */
function take(time: string): { readonly status: number | null; readonly stderr: string } {
  const set = nameAt(time);
  const { begin, finish } = takePieces(data, set);
  const run = (commands: typeof begin) =>
    commands.map(([shell = "", ...args]) =>
      spawnSync(
        shell,
        args.map((each) => each.replaceAll(setsPath, root)),
        { encoding: "utf8" },
      ),
    );
  const [begun] = run(begin);
  if (begun === undefined || begun.status !== 0) return { status: begun?.status ?? null, stderr: begun?.stderr ?? "" };
  writeFileSync(join(root, `${set}.part`, "database.db"), time);
  const [finished] = run(finish);
  return { status: finished?.status ?? null, stderr: finished?.stderr ?? "" };
}

const day = (date: number) => `2026-01-0${date}T02:00:00Z`;
const takeAll = (...times: readonly string[]) => {
  for (const time of times) expect(take(time)).toEqual({ status: 0, stderr: "" });
};

test("the newest stay, so many as config says", () => {
  takeAll(day(1), day(2), day(3), day(4));
  expect(sets()).toEqual([day(2), day(3), day(4)].map(nameAt));
});

test("ahead: one set more, whatever year it is, and no other goes but the oldest", () => {
  takeAll(day(1), day(2), day(3), "2036-01-01T02:00:00Z");
  expect(sets()).toEqual([day(2), day(3), "2036-01-01T02:00:00Z"].map(nameAt));
});

test("back again after it: sets of now push one another out, and none of them goes for one of the year 2036", () => {
  takeAll(day(1), day(2), "2036-01-01T02:00:00Z", day(3), day(4), day(5));
  expect(sets()).toEqual([day(3), day(4), day(5), "2036-01-01T02:00:00Z"].map(nameAt));
});

test("behind: what is taken stays, so many of them too, beside all that there were", () => {
  const behind = (date: number) => `2016-01-0${date}T02:00:00Z`;
  takeAll(day(1), day(2), day(3), behind(1), behind(2), behind(3), behind(4));
  expect(sets()).toEqual([behind(2), behind(3), behind(4), day(1), day(2), day(3)].map(nameAt));
});

test("to the same second: the set of that name stays as it is", () => {
  takeAll(day(1));
  const again = take(day(1));
  expect(again.status).toBe(1);
  expect(again.stderr).toContain("there is a set of this name already: the clock went back");
  expect(sets()).toEqual([nameAt(day(1))]);
});

test("what is no set of that form goes with nobody: a half one of a kill, by the next", () => {
  mkdirSync(join(root, "20251231T020000Z-backup.part"));
  takeAll(day(1));
  expect(sets()).toEqual([nameAt(day(1))]);
});
