import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { look } from "../../../../ops/data/import/given.ts";
import { packBrought } from "../../../../ops/data/import/pack.ts";

/** Real files, real tar. */
let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "slipway-import-"));
  mkdirSync(join(folder, "data/chromadb/deep"), { recursive: true });
  mkdirSync(join(folder, "data/empty"));
  writeFileSync(join(folder, "data/tmws.db"), "SQLite format 3\0rows");
  writeFileSync(join(folder, "data/tmws.db-wal"), "log");
  writeFileSync(join(folder, "data/chromadb/deep/x"), "vectors");
});
afterEach(() => rmSync(folder, { recursive: true }));

const tar = (...argv: readonly string[]) => execFileSync("tar", argv, { cwd: folder });

test("a folder's files are seen from its parent, links are told", async () => {
  symlinkSync("tmws.db", join(folder, "data/link"));
  const found = await look(join(folder, "data"));
  expect(found).toMatchObject({
    kind: "folder",
    entries: ["data/chromadb/deep/x", "data/tmws.db", "data/tmws.db-wal"],
    odd: ["data/link"],
  });
});

test("a file of SQLite comes with its log; a packed one is alone", async () => {
  expect(await look(join(folder, "data/tmws.db"))).toMatchObject({
    kind: "sqlite",
    packed: false,
    entries: ["tmws.db", "tmws.db-wal"],
  });
  writeFileSync(join(folder, "tmws.db.gz"), gzipSync(readFileSync(join(folder, "data/tmws.db"))));
  expect(await look(join(folder, "tmws.db.gz"))).toMatchObject({
    kind: "sqlite",
    packed: true,
    entries: ["tmws.db.gz"],
  });
});

test("SQL, gzipped and not; an archive by its names; what is not there", async () => {
  const sql = `--\n-- PostgreSQL database dump\n--\n${"x".repeat(100_000)}`;
  writeFileSync(join(folder, "a.sql"), sql);
  writeFileSync(join(folder, "a.sql.gz"), gzipSync(sql));
  expect(await look(join(folder, "a.sql"))).toMatchObject({ kind: "sql", packed: false, entries: ["a.sql"] });
  expect(await look(join(folder, "a.sql.gz"))).toMatchObject({ kind: "sql", packed: true });
  tar("-czf", "c.tar.gz", "./data/chromadb/");
  expect(await look(join(folder, "c.tar.gz"))).toMatchObject({
    kind: "tar",
    packed: true,
    entries: ["./data/chromadb/deep/x"],
  });
  expect(await look(join(folder, "none"))).toMatchObject({ kind: "missing", entries: [] });
});

test("an archive that was cut off is told, whether in the packing or in the archive", async () => {
  tar("-cf", "c.tar", "data");
  truncateSync(join(folder, "c.tar"), 2500);
  expect((await look(join(folder, "c.tar"))).broken).toBeDefined();
  tar("-czf", "c.tar.gz", "data");
  const whole = readFileSync(join(folder, "c.tar.gz"));
  writeFileSync(join(folder, "c.tar.gz"), whole.subarray(0, whole.length - 20));
  expect((await look(join(folder, "c.tar.gz"))).broken).toContain("unexpected end of file");
});

test("what has a place arrives there, byte for byte, its folders before it", async () => {
  tar("-czf", "c.tar.gz", "./data/chromadb/");
  const [file, archive] = [await look(join(folder, "data/tmws.db")), await look(join(folder, "c.tar.gz"))];
  const places = new Map([
    [
      file,
      new Map([
        ["tmws.db", "incoming/database.db"],
        ["tmws.db-wal", "incoming/database.db-wal"],
      ]),
    ],
    [archive, new Map([["./data/chromadb/deep/x", "chromadb/deep/x"]])],
  ]);
  writeFileSync(join(folder, "set.tar"), await buffer(packBrought(places)));
  expect(tar("-tf", "set.tar").toString().trim().split("\n")).toEqual([
    "incoming",
    "incoming/database.db",
    "incoming/database.db-wal",
    "chromadb",
    "chromadb/deep",
    "chromadb/deep/x",
  ]);
  mkdirSync(join(folder, "set"));
  tar("-xf", "set.tar", "-C", "set");
  expect(readFileSync(join(folder, "set/incoming/database.db"), "utf8")).toBe("SQLite format 3\0rows");
  expect(readFileSync(join(folder, "set/chromadb/deep/x"), "utf8")).toBe("vectors");
});

test("a file that is gone when it is sent ends the stream", async () => {
  const file = await look(join(folder, "data/tmws.db"));
  rmSync(join(folder, "data/tmws.db"));
  const places = new Map([[file, new Map([["tmws.db", "incoming/database.db"]])]]);
  await expect(buffer(packBrought(places))).rejects.toThrow("ENOENT");
});
