/** What goes from the bucket, by the real script in a real shell; rclone, which would list and delete, is not asked. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { stampOf } from "../../../components/steps/stamp.ts";

const script = readFileSync(join(import.meta.dirname, "../../../components/offsite-log/offsite-log.sh"), "utf8");
/** All that comes before it begins. */
const functions = script.slice(0, script.indexOf('\ncat "$OFFSITE_CONFIG'));
const dayMs = 24 * 3600 * 1000;
const now = Date.now();
const daysAgo = (days: number) => new Date(now - days * dayMs);
const wal = (number: number) => `wal/0000000100000000${number.toString(16).toUpperCase().padStart(8, "0")}`;

let root: string;
let tmp: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-offsite-log-"));
  tmp = mkdtempSync(join(tmpdir(), "slipway-offsite-tmp-"));
});
afterEach(() => {
  for (const each of [root, tmp]) rmSync(each, { recursive: true });
});

function here(path: string, content = ""): void {
  mkdirSync(join(root, dirname(path)), { recursive: true });
  writeFileSync(join(root, path), content);
}

/** What of the bucket's would be deleted. @param there each path with how many days ago it came there */
function run(what: "past" | "replaced", there: Readonly<Record<string, number>>): readonly string[] {
  const lines = Object.entries(there).map(
    ([path, days]) => `${path}\t${daysAgo(days).toISOString().slice(0, 19).replace("T", " ")}`,
  );
  writeFileSync(join(tmp, "listed"), `${lines.sort().join("\n")}\n`);
  writeFileSync(join(tmp, "sent"), `${Object.keys(there).sort().join("\n")}\n`);
  const argv = [
    "-c",
    `${functions}\ntmp=$1 now=$2\nhere > $tmp/here\n${what}`,
    "x",
    tmp,
    String(Math.floor(now / 1000)),
  ];
  const env = {
    ...process.env,
    OFFSITE_ROOT: root,
    OFFSITE_FILES: "/",
    OFFSITE_LARGE: "/9/",
    OFFSITE_WINDOW_DAYS: "30",
  };
  const { status, stdout, stderr } = spawnSync("sh", argv, { env, encoding: "utf8" });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((line) => line !== "");
}

describe("of PostgreSQL's log goes what no moment of the window needs", () => {
  const series = `${stampOf(daysAgo(60))}-g0`;
  const [old, first] = [stampOf(daysAgo(50)), stampOf(daysAgo(35))];
  const there = {
    [`${series}/base/${old}/base.tar.gz`]: 50,
    [`${series}/base/${old}/start`]: 50,
    [`${series}/base/${first}/base.tar.gz`]: 35,
    [`${series}/base/${first}/start`]: 35,
    [`${series}/${wal(0x9e1)}`]: 36,
    [`${series}/${wal(0x9e2)}`]: 35,
    [`${series}/${wal(0x9e3)}`]: 2,
    [`${series}/wal/00000002.history`]: 40,
  };
  const gone = [`${series}/base/${old}/base.tar.gz`, `${series}/base/${old}/start`, `${series}/${wal(0x9e1)}`];

  test("when the host let go of it too", () => {
    here(`${series}/base/${first}/start`, "0000000100000000000009E2\n");
    expect(run("past", there)).toEqual(gone);
  });

  test("and nothing while the host's own first base backup cannot be read", () => {
    here(`${series}/base/${first}/start`, "");
    expect(run("past", there)).toEqual([]);
  });

  test("and nothing of it when the host has lost its archive, or is back with a new one", () => {
    expect(run("past", there)).toEqual([]);
    here(`${stampOf(daysAgo(0))}-g0/${wal(1)}`);
    expect(run("past", there)).toEqual([]);
  });

  test("until nothing came for a whole window: then the oldest such log, one at a time", () => {
    const [a, b] = [`${stampOf(daysAgo(90))}-g0`, `${stampOf(daysAgo(80))}-g1`];
    here(`${stampOf(daysAgo(40))}-g1/${wal(1)}`);
    const left = { [`${a}/${wal(1)}`]: 80, [`${b}/${wal(1)}`]: 41, [`${b}/left`]: 40 };
    expect(run("past", left)).toEqual([`${a}/${wal(1)}`]);
    delete left[`${a}/${wal(1)}`];
    expect(run("past", left).toSorted()).toEqual([`${b}/left`, `${b}/${wal(1)}`]);
  });
});

test("of SQLite's log goes what Litestream let go of, after the window; nothing while the host has no snapshot", () => {
  const series = `${stampOf(daysAgo(60))}-g0`;
  const file = (level: number, at: number) => `${series}/replica/ltx/${level}/${String(at).padStart(16, "0")}-1.ltx`;
  const there = { [file(1, 1)]: 40, [file(1, 2)]: 35, [file(1, 3)]: 3, [file(9, 1)]: 40 };
  here(file(1, 2));
  expect(run("past", there)).toEqual([]);
  here(file(9, 2));
  expect(run("past", there).toSorted()).toEqual([file(1, 1), file(9, 1)].toSorted());
});

test("an unfinished file of the log goes when the full one is there", () => {
  const series = `${stampOf(daysAgo(1))}-g0`;
  const there = {
    [`${series}/${wal(1)}`]: 0,
    [`${series}/${wal(1)}.partial.gz`]: 0,
    [`${series}/${wal(2)}.partial.gz`]: 0,
  };
  expect(run("replaced", there)).toEqual([`${series}/${wal(1)}.partial.gz`]);
});
