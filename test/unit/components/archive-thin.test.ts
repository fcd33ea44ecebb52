/** What the archive lets go of, by the real script in a real shell; pg_archivecleanup only tells what it was asked. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stampOf } from "../../../components/steps/stamp.ts";

const script = readFileSync(join(import.meta.dirname, "../../../components/archive/archive.sh"), "utf8");
/** All that comes before the loop. */
const functions = script.slice(0, script.indexOf("\ntrap "));
const dayMs = 24 * 3600 * 1000;
/** One moment for all: names are to the second. */
const now = Date.now();
const daysAgo = (days: number) => stampOf(new Date(now - days * dayMs));

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-archive-"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** A log that began so many days ago, with base backups of those ages. */
function series(begun: number, bases: readonly number[]): string {
  const name = `${daysAgo(begun)}-g0`;
  mkdirSync(join(root, name, "wal"), { recursive: true });
  mkdirSync(join(root, name, "base"));
  for (const age of bases) {
    mkdirSync(join(root, name, "base", daysAgo(age)));
    writeFileSync(join(root, name, "base", daysAgo(age), "start"), `log-of-day-${age}`);
  }
  return name;
}

/** Which log of which series is asked to be kept, from where on. */
function thin(current: string): readonly string[] {
  const asked = 'pg_archivecleanup() { echo "cleanup $1 $2"; }';
  const run = `${functions}\nroot=$1 series=$1/$2\n${asked}\nthin`;
  const env = { ...process.env, ARCHIVE_WINDOW_DAYS: "30" };
  const { status, stdout, stderr } = spawnSync("bash", ["-c", run, "archive.sh", root, current], {
    env,
    encoding: "utf8",
  });
  expect([status, stderr]).toEqual([0, ""]);
  return stdout.split("\n").filter((line) => line.startsWith("cleanup "));
}

const basesOf = (name: string) => readdirSync(join(root, name, "base"));

test("the newest base backup from before the window stays, because the window's first moment needs it; older ones go one a time", () => {
  const name = series(60, [50, 40, 35, 20, 1]);
  expect(thin(name)).toEqual([`cleanup ${join(root, name, "wal")} log-of-day-40`]);
  expect(basesOf(name)).toEqual([40, 35, 20, 1].map(daysAgo));
  expect(thin(name)).toEqual([`cleanup ${join(root, name, "wal")} log-of-day-35`]);
  expect(thin(name)).toEqual([`cleanup ${join(root, name, "wal")} log-of-day-35`]);
  expect(basesOf(name)).toEqual([35, 20, 1].map(daysAgo));
});

test("a former log goes with its last base backup, the present one never", () => {
  const former = series(90, [80]);
  const present = series(50, [40, 5]);
  thin(present);
  expect(readdirSync(root)).toEqual([present]);
  expect(basesOf(present)).toEqual([40, 5].map(daysAgo));
  expect(former).not.toBe(present);
});

test("a log that has no base backup yet stays while it is received", () => {
  const present = series(0, []);
  expect(thin(present)).toEqual([]);
  expect(readdirSync(root)).toEqual([present]);
});
