import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  backupMounts,
  copyDatabase,
  type DataSpec,
  quote,
  restoreSet,
  setName,
  takeSet,
} from "../../../components/backup/spec.ts";
import backupPoint from "../../../components/backup/step.ts";

const data: DataSpec = {
  image: "sha256:app",
  user: "1000:1000",
  mounts: [{ volume: "slipway-local_data", path: "/app/data" }],
  backupVolume: "slipway-local_backups",
  database: { file: "/app/data/tmws.db" },
  directories: [
    { name: "chromadb", path: "/app/data/chromadb" },
    { name: "licenses", path: "/app/data/licenses" },
  ],
  keep: 30,
};
const set = "20260101T020304Z-release";

describe("sets", () => {
  test("names sort by time and say what for", () => {
    expect(setName(new Date("2026-01-01T02:03:04.567Z"), "release")).toBe(set);
    const names = ["2025-12-31T23:59:59.999Z", "2026-01-01T00:00:00.000Z"].map((time) =>
      setName(new Date(time), "release"),
    );
    expect([...names].sort()).toEqual(names);
  });

  test("a session sees the live data and the sets", () => {
    expect(backupMounts(data)).toEqual([
      { volume: "slipway-local_data", path: "/app/data" },
      { volume: "slipway-local_backups", path: "/backup" },
    ]);
  });
});

// The text; what it does to a real database is a live test's.
describe("the scripts", () => {
  test("takeSet", () => {
    const [shell, options, script] = takeSet(data, set);
    expect([shell, options]).toEqual(["sh", "-euc"]);
    expect(script).toBe(
      [
        `part='/backup/sets/${set}.part'`,
        'rm -rf /backup/sets/*.part; mkdir -p "$part"',
        "if [ -f '/app/data/tmws.db' ]; then",
        `  sqlite3 -cmd '.timeout 10000' '/app/data/tmws.db' ".backup '$part/database.db'"`,
        `  found=$(sqlite3 "$part/database.db" 'PRAGMA integrity_check')`,
        '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
        'else touch "$part/no-database"; fi',
        'mkdir "$part/chromadb"',
        `if [ -d '/app/data/chromadb' ]; then cp -a '/app/data/chromadb'/. "$part/chromadb/"; fi`,
        'mkdir "$part/licenses"',
        `if [ -d '/app/data/licenses' ]; then cp -a '/app/data/licenses'/. "$part/licenses/"; fi`,
        '(cd "$part" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)',
        'sync -f "$part"',
        `mv -T "$part" '/backup/sets/${set}'`,
        `du -sk '/backup/sets/${set}' | cut -f1`,
        `ls -1 /backup/sets | grep -vxF '${set}' | sort -r | tail -n +30 | sed 's|^|/backup/sets/|' | xargs -r rm -rf`,
      ].join("\n"),
    );
  });

  test("restoreSet", () => {
    expect(restoreSet(data, set)[2]).toBe(
      [
        `cd '/backup/sets/${set}'`,
        "test -s SHA256SUMS",
        "sha256sum --quiet -c SHA256SUMS",
        "rm -f '/app/data/tmws.db-wal' '/app/data/tmws.db-shm' '/app/data/tmws.db-journal'",
        `if [ -f '/backup/sets/${set}/no-database' ]; then rm -f '/app/data/tmws.db'; else`,
        `  cp '/backup/sets/${set}/database.db' '/app/data/tmws.db.restoring'`,
        `  found=$(sqlite3 "/app/data/tmws.db.restoring" 'PRAGMA integrity_check')`,
        '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
        "  mv '/app/data/tmws.db.restoring' '/app/data/tmws.db'; fi",
        `if [ -d '/app/data/chromadb' ]; then find '/app/data/chromadb' -mindepth 1 -delete; cp -a '/backup/sets/${set}/chromadb'/. '/app/data/chromadb'/; fi`,
        `if [ -d '/app/data/licenses' ]; then find '/app/data/licenses' -mindepth 1 -delete; cp -a '/backup/sets/${set}/licenses'/. '/app/data/licenses'/; fi`,
      ].join("\n"),
    );
  });

  test("copyDatabase", () => {
    expect(copyDatabase(set, "/backup/rehearsal/copy/database.db")[2]).toBe(
      [
        `cd '/backup/sets/${set}'`,
        "test -s SHA256SUMS",
        "sha256sum --quiet -c SHA256SUMS",
        `mkdir -p "$(dirname '/backup/rehearsal/copy/database.db')"`,
        "rm -f '/backup/rehearsal/copy/database.db'",
        `if [ -f '/backup/sets/${set}/database.db' ]; then cp '/backup/sets/${set}/database.db' '/backup/rehearsal/copy/database.db'; fi`,
      ].join("\n"),
    );
  });

  test.each([
    ["takeSet", takeSet(data, set)],
    ["restoreSet", restoreSet(data, set)],
    ["copyDatabase", copyDatabase(set, "/backup/rehearsal/copy/database.db")],
  ])("%s is a script that a POSIX shell can read", (_, argv) => {
    expect(() => execFileSync("sh", ["-n", "-c", argv[2] ?? "exit 1"])).not.toThrow();
  });

  test.each(["plain", "it's", "a b", "$(id)", "`id`", "a\nb", '"', "\\", "'; rm -rf / #", "*"])(
    "%j passes a shell unchanged",
    (text) => {
      expect(execFileSync("sh", ["-c", `printf %s ${quote(text)}`], { encoding: "utf8" })).toBe(text);
    },
  );
});

describe("when a backup point is wanted", () => {
  const bag = { host: "unix:///a", place: {}, revision: "a", data: { ...data } };

  test("for another image or another revision", () => {
    expect(backupPoint.changed(bag, { ...bag, data: { ...data, image: "sha256:other" } })).toEqual(["image"]);
    expect(backupPoint.changed(bag, { ...bag, revision: "b" })).toEqual(["revision"]);
  });

  test("for nothing else", () => {
    expect(backupPoint.changed(bag, { ...bag, data: { ...data, keep: 7 }, host: "unix:///b" })).toEqual([]);
  });
});
