import { execFileSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import {
  backupMounts,
  type Commands,
  copyDatabase,
  type DataSpec,
  removeCopy,
  restoreSet,
  setName,
  takeSet,
} from "../../../components/backup/spec.ts";
import backupPoint from "../../../components/backup/step.ts";
import { quote, script } from "../../../components/steps/shell.ts";

const data: DataSpec = {
  image: "sha256:app",
  user: "1000:1000",
  mounts: [{ volume: "slipway-local_data", path: "/app/data" }],
  backupVolume: "slipway-local_backups",
  database: { kind: "sqlite", file: "/app/data/tmws.db" },
  directories: [
    { name: "chromadb", path: "/app/data/chromadb" },
    { name: "licenses", path: "/app/data/licenses" },
  ],
  keep: 30,
};
const rows: DataSpec = {
  ...data,
  mounts: [],
  database: {
    kind: "postgres",
    name: "orders",
    image: "sha256:postgres",
    network: "slipway-local_private",
    trust: { volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true },
  },
  directories: [],
};
const set = "20260101T020304Z-release";
/** The text of the one script that these commands are. */
const only = (commands: Commands) => {
  const [first, ...others] = commands;
  if (first === undefined || others.length > 0) throw new Error("wanted one command");
  return first;
};

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

  test("one that reaches a server can verify it", () => {
    expect(backupMounts(rows)).toEqual([
      { volume: "slipway-local_backups", path: "/backup" },
      { volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true },
    ]);
  });
});

const allNamed = `[ "$(find . -type f ! -name SHA256SUMS | wc -l)" -eq "$(wc -l < SHA256SUMS)" ] || { echo 'SHA256SUMS does not name every file of the set' >&2; exit 1; }`;

/** A file that is renamed meanwhile ends a copy: it is tried again. */
const copied = (name: string) =>
  `for try in 1 2 3; do if cp -a '/app/data/${name}'/. "$part/${name}/"; then break; fi; [ "$try" -lt 3 ]; done`;

const isNew = `if [ -e '/backup/sets/${set}' ]; then echo 'there is a set of this name already: the clock went back' >&2; exit 1; fi`;

// The text; what it does to a real database is a live test's.
describe("the scripts", () => {
  test("takeSet", () => {
    const [shell, options, text] = only(takeSet(data, set));
    expect([shell, options]).toEqual(["sh", "-euc"]);
    expect(text).toBe(
      [
        `part='/backup/sets/${set}.part'`,
        isNew,
        'rm -rf /backup/sets/*.part; mkdir -p "$part"',
        "if [ -f '/app/data/tmws.db' ]; then",
        `  sqlite3 -cmd '.timeout 10000' '/app/data/tmws.db' ".backup '$part/database.db'"`,
        `  found=$(sqlite3 "$part/database.db" 'PRAGMA integrity_check')`,
        '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
        'else touch "$part/no-database"; fi',
        'mkdir "$part/chromadb"',
        `if [ -d '/app/data/chromadb' ]; then ${copied("chromadb")}; fi`,
        'mkdir "$part/licenses"',
        `if [ -d '/app/data/licenses' ]; then ${copied("licenses")}; fi`,
        '(cd "$part" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)',
        'sync -f "$part"',
        `mv -T "$part" '/backup/sets/${set}'`,
        `du -sk '/backup/sets/${set}' | cut -f1`,
        `ls -1 /backup/sets | sort -r | sed -n '/^${set}$/,$p' | tail -n +31 | sed 's|^|/backup/sets/|' | xargs -r rm -rf`,
      ].join("\n"),
    );
  });

  test("restoreSet", () => {
    expect(only(restoreSet(data, set))[2]).toBe(
      [
        `cd '/backup/sets/${set}'`,
        "test -s SHA256SUMS",
        "sha256sum --quiet -c SHA256SUMS",
        allNamed,
        "rm -f '/app/data/tmws.db-wal' '/app/data/tmws.db-shm' '/app/data/tmws.db-journal'",
        `if [ -f '/backup/sets/${set}/no-database' ]; then rm -f '/app/data/tmws.db'; else`,
        `  cp '/backup/sets/${set}/database.db' '/app/data/tmws.db.restoring'`,
        `  found=$(sqlite3 "/app/data/tmws.db.restoring" 'PRAGMA integrity_check')`,
        '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
        "  mv '/app/data/tmws.db.restoring' '/app/data/tmws.db'; fi",
        `if [ -d '/app/data/chromadb' ] && [ -d '/backup/sets/${set}/chromadb' ]; then find '/app/data/chromadb' -mindepth 1 -delete; cp -a '/backup/sets/${set}/chromadb'/. '/app/data/chromadb'/; fi`,
        `if [ -d '/app/data/licenses' ] && [ -d '/backup/sets/${set}/licenses' ]; then find '/app/data/licenses' -mindepth 1 -delete; cp -a '/backup/sets/${set}/licenses'/. '/app/data/licenses'/; fi`,
      ].join("\n"),
    );
  });

  test("copyDatabase", () => {
    expect(only(copyDatabase(data, set))[2]).toBe(
      [
        `cd '/backup/sets/${set}'`,
        "test -s SHA256SUMS",
        "sha256sum --quiet -c SHA256SUMS",
        allNamed,
        `mkdir -p "$(dirname '/backup/rehearsal/copy/database.db')"`,
        "rm -f '/backup/rehearsal/copy/database.db'",
        `if [ -f '/backup/sets/${set}/database.db' ]; then cp '/backup/sets/${set}/database.db' '/backup/rehearsal/copy/database.db'; fi`,
      ].join("\n"),
    );
  });

  test("removeCopy", () => {
    expect(removeCopy(data)).toEqual([script(`rm -rf "$(dirname '/backup/rehearsal/copy/database.db')"`)]);
  });

  test("of PostgreSQL: the dump between the begin and the end of the same set", () => {
    const [begin, dump, finish, ...more] = takeSet(rows, set);
    expect(more).toEqual([]);
    expect(begin?.[2]).toBe(`part='/backup/sets/${set}.part'\n${isNew}\nrm -rf /backup/sets/*.part; mkdir -p "$part"`);
    expect(dump?.[2]).toContain(`part='/backup/sets/${set}.part/database.dump.part'`);
    expect(dump?.[2]).toContain("--dbname='orders'");
    expect(finish?.[2]?.split("\n")[0]).toBe(`part='/backup/sets/${set}.part'`);
    expect(finish?.[2]).toContain(`mv -T "$part" '/backup/sets/${set}'`);
  });

  test("of PostgreSQL: what is put back, or copied, is checked first", () => {
    const check = `cd '/backup/sets/${set}'\ntest -s SHA256SUMS\nsha256sum --quiet -c SHA256SUMS\n${allNamed}`;
    for (const [first, second, ...more] of [restoreSet(rows, set), copyDatabase(rows, set)]) {
      expect(first?.[2]).toBe(check);
      expect(second?.[2]).toContain(`'/backup/sets/${set}/database.dump'`);
      expect(more).toEqual([]);
    }
    const withDirectory = restoreSet({ ...rows, directories: [{ name: "files", path: "/app/files" }] }, set);
    expect(withDirectory.map((argv) => argv[2]?.includes("'/app/files'"))).toEqual([false, false, true]);
    expect(only(removeCopy(rows))[2]).toContain(`'DROP DATABASE IF EXISTS "slipway_rehearsal"' 2> /dev/null ||`);
  });

  test.each([
    ["takeSet", takeSet(data, set)],
    ["restoreSet", restoreSet(data, set)],
    ["copyDatabase", copyDatabase(data, set)],
    ["removeCopy", removeCopy(data)],
    ["takeSet of PostgreSQL", takeSet(rows, set)],
    ["restoreSet of PostgreSQL", restoreSet(rows, set)],
    ["copyDatabase of PostgreSQL", copyDatabase(rows, set)],
  ])("%s is a script that a POSIX shell can read", (_, commands) => {
    for (const argv of commands) expect(() => execFileSync("sh", ["-n", "-c", argv[2] ?? "exit 1"])).not.toThrow();
  });

  test.each(["plain", "it's", "a b", "$(id)", "`id`", "a\nb", '"', "\\", "'; rm -rf / #", "*"])(
    "%j passes a shell unchanged",
    (text) => {
      expect(execFileSync("sh", ["-c", `printf %s ${quote(text)}`], { encoding: "utf8" })).toBe(text);
    },
  );
});

describe("when a backup point is wanted", () => {
  const bag = { host: "unix:///a", place: {}, mode: "overlap", schema: { target: "a", env: {} }, data: { ...data } };

  test("for another image or another revision", () => {
    expect(backupPoint.changed(bag, { ...bag, data: { ...data, image: "sha256:other" } })).toEqual(["image"]);
    expect(backupPoint.changed(bag, { ...bag, schema: { ...bag.schema, target: "b" } })).toEqual(["target"]);
  });

  test("for other data: another generation", () => {
    expect(backupPoint.changed(bag, { ...bag, place: { generation: 1 } })).toEqual(["generation"]);
    expect(backupPoint.changed({ ...bag, place: { generation: 1 } }, { ...bag, place: { generation: 1 } })).toEqual([]);
  });

  test("for nothing else", () => {
    expect(backupPoint.changed(bag, { ...bag, data: { ...data, keep: 7 }, host: "unix:///b" })).toEqual([]);
    expect(backupPoint.changed(bag, { ...bag, mode: "stop-first", schema: { target: "a", env: { A: "1" } } })).toEqual(
      [],
    );
  });
});
