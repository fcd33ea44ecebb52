import { describe, expect, test } from "vitest";
import type { Given } from "../../../../ops/data/import/given.ts";
import { isGzip, kindOf } from "../../../../ops/data/import/kind.ts";
import { broughtNotes, lentNotes } from "../../../../ops/data/import/notes.ts";
import { planImport } from "../../../../ops/data/import/plan.ts";

const tmws = {
  database: { kind: "sqlite", file: "/app/data/tmws.db" },
  directories: [
    { name: "chromadb", path: "/app/data/chromadb" },
    { name: "licenses", path: "/app/data/licenses" },
  ],
} as const;
const trust = { volume: "slipway-blue_trust", path: "/etc/slipway/trust", readOnly: true };
const diligence = {
  database: { kind: "postgres", name: "itdd", image: "sha256:postgres", network: "slipway-blue", trust },
  directories: [
    { name: "output", path: "/app/output" },
    { name: "data", path: "/app/data" },
  ],
} as const;
const diligenceSqlite = { ...diligence, database: { kind: "sqlite", file: "/app/data/diligence.db" } } as const;

function given(path: string, kind: Given["kind"], entries: readonly string[], more: Partial<Given> = {}): Given {
  return { path, kind, packed: false, modified: new Date(0), entries, odd: [], ...more };
}

const placed = (plan: ReturnType<typeof planImport>) =>
  Object.fromEntries([...plan.places].flatMap(([, entries]) => [...entries]));

describe("what a file is", () => {
  const tar = Buffer.alloc(512);
  tar.write("ustar", 257);
  test.each([
    [Buffer.from("SQLite format 3\0\x10\x00"), "sqlite"],
    [Buffer.from("PGDMP\x01\x10"), "dump"],
    [Buffer.from("--\n-- PostgreSQL database dump\n--\n"), "sql"],
    [Buffer.from("--\n-- PostgreSQL database cluster dump\n--\n"), "cluster"],
    [tar, "tar"],
    [Buffer.from("hello"), "unknown"],
    [Buffer.alloc(0), "unknown"],
  ])("%#: %s", (head, kind) => {
    expect(kindOf(head)).toBe(kind);
  });

  test("gzip", () => {
    expect(isGzip(Buffer.from([0x1f, 0x8b, 8]))).toBe(true);
    expect(isGzip(Buffer.from("PGDMP"))).toBe(false);
  });
});

describe("what the guides make has its place in a set", () => {
  test("guide 001: tmws_*.db and chroma_*.tar.gz, with Chroma's former folder", () => {
    const file = given("/b/tmws_20250116_020000.db", "sqlite", ["tmws_20250116_020000.db"]);
    const names = [".chroma/chroma.sqlite3", "./.chroma/seg/x.bin", "README"];
    const plan = planImport([file, given("/b/chroma.tar.gz", "tar", names, { packed: true })], tmws, "blue");
    expect(plan.database).toEqual({ given: file, kind: "sqlite" });
    expect(placed(plan)).toEqual({
      "tmws_20250116_020000.db": "incoming/database.db",
      ".chroma/chroma.sqlite3": "chromadb/chroma.sqlite3",
      "./.chroma/seg/x.bin": "chromadb/seg/x.bin",
    });
    expect(plan.directories).toEqual(["chromadb"]);
    expect(plan.left).toBe(1);
  });

  test("guide 000: a bind-mounted ./data, with the log of a process that was killed", () => {
    const names = ["data/tmws.db", "data/tmws.db-wal", "data/tmws.db-shm", "data/licenses/a.key", "data/old/x.log"];
    const plan = planImport([given("data", "folder", names)], tmws, "blue");
    expect(placed(plan)).toEqual({
      "data/tmws.db": "incoming/database.db",
      "data/tmws.db-wal": "incoming/database.db-wal",
      "data/licenses/a.key": "licenses/a.key",
    });
    expect(plan.left).toBe(2);
    expect(plan.directories).toEqual(["licenses"]);
  });

  test("guide 004: a dump with the two folders; on SQLite the database lies in one of them", () => {
    const dump = given("backup_prod.dump", "dump", ["backup_prod.dump"]);
    const folders = [given("output", "folder", ["output/a.json"]), given("data", "folder", ["data/output/b.pdf"])];
    expect(placed(planImport([dump, ...folders], diligence, "blue"))).toEqual({
      "backup_prod.dump": "incoming/database.dump",
      "output/a.json": "output/a.json",
      "data/output/b.pdf": "data/output/b.pdf",
    });
    const plan = planImport([given("x/data", "folder", ["data/diligence.db", "data/up/c"])], diligenceSqlite, "blue");
    expect(placed(plan)).toEqual({ "data/diligence.db": "incoming/database.db", "data/up/c": "data/up/c" });
    expect(plan.directories).toEqual(["data"]);
  });

  test("guide 003: SQL, gzipped; a gzipped file of SQLite", () => {
    const sql = given("backup.sql.gz", "sql", ["backup.sql.gz"], { packed: true });
    const plan = planImport([sql], { ...diligence, directories: [] }, "blue");
    expect(plan.database.kind).toBe("sql");
    const file = given("tmws.db.gz", "sqlite", ["tmws.db.gz"], { packed: true });
    expect(placed(planImport([file], tmws, "blue"))).toEqual({ "tmws.db.gz": "incoming/database.db.gz" });
  });
});

describe("what is refused, every reason at once, with what is allowed and the command", () => {
  const file = given("a.db", "sqlite", ["a.db"]);
  const end =
    "\nAllowed: one file of SQLite, or a folder with tmws.db in it; .tar.gz archives or folders called chromadb or .chroma, licenses, " +
    "e.g. npm run restore -- --stack blue --from tmws_20251128_020000.db chromadb_20251128_020000.tar.gz";
  const refused = (...all: readonly Given[]) => {
    try {
      planImport(all, tmws, "blue");
    } catch (error) {
      const text = error instanceof Error ? error.message : "";
      expect(text.startsWith("stack blue cannot take this; nothing was changed:\n")).toBe(true);
      expect(text.endsWith(end)).toBe(true);
      return text.slice(text.indexOf("\n") + 1, -end.length).split("\n");
    }
    throw new Error("nothing was refused");
  };

  test("files of other kinds, and none that would do", () => {
    expect(refused(given("no.db", "missing", []), given("x.dump", "dump", ["x.dump"]))).toEqual([
      "  no.db: it is no such file or folder, seen from the checkout",
      "  x.dump: it is a dump of PostgreSQL's; this stack keeps its rows in SQLite",
      "  there is no database of SQLite in what was given",
    ]);
    expect(refused(file, given("all.sql", "cluster", ["all.sql"]))).toEqual([
      "  all.sql: it is the SQL of pg_dumpall, with roles and every database",
    ]);
    expect(refused(file, given("photos", "folder", ["photos/a.jpg"]))).toEqual([
      "  photos: nothing of this system's data is in a folder like this",
    ]);
    expect(refused(file, given("x.tar.gz", "unknown", [], { broken: "unexpected end of file" }))).toEqual([
      "  x.tar.gz: it cannot be read to its end: unexpected end of file",
    ]);
  });

  test("two databases, two files for one place", () => {
    expect(refused(file, given("data", "folder", ["data/tmws.db"]))).toEqual([
      "  there are 2 databases: a.db, data; one can be restored",
    ]);
    const twice = ["data/chromadb/x", "old/chromadb/x", "data/tmws.db"];
    expect(refused(given("all.tar", "tar", twice))).toEqual([
      "  data/chromadb/x and old/chromadb/x are for the same place",
    ]);
  });

  test("archives that lead elsewhere", () => {
    expect(refused(file, given("c.tar", "tar", ["chromadb/../../etc/passwd"]))).toEqual([
      "  c.tar: chromadb/../../etc/passwd leads out of it",
    ]);
    expect(refused(file, given("c.tar", "tar", ["chromadb/x"], { odd: ["chromadb/link"] }))).toEqual([
      "  c.tar: chromadb/link is a link or a device; only files and folders are taken",
    ]);
  });

  test("SQLite where rows are in PostgreSQL", () => {
    expect(() => planImport([file], diligence, "blue")).toThrow(
      "a.db: it is a file of SQLite; this stack keeps its rows in PostgreSQL",
    );
    expect(() => planImport([file], diligence, "blue")).toThrow(
      "Allowed: one dump by `pg_dump -F c`, or by plain `pg_dump` (.sql, .sql.gz); .tar.gz archives or folders called output, data, " +
        "e.g. npm run restore -- --stack blue --from itdd_20251128_020000.dump output_20251128_020000.tar.gz",
    );
  });
});

test("what its user is told before it is restored", () => {
  const plan = planImport([given("a.db", "sqlite", ["a.db"])], tmws, "blue");
  expect(broughtNotes({ manifest: undefined }, plan, tmws.directories)).toEqual([
    "It is made of a.db; its time is the one that the database's file has.",
    "Not in what was given, and left as now: chromadb, licenses.",
    "It tells no schema revision: `up` migrates it from the beginning, and when that fails all goes back.",
  ]);
  expect(lentNotes("20261128T020000Z-backup", "production", "staging")).toEqual([
    "It is 20261128T020000Z-backup of stack production, whose users' data it holds.",
    "Secrets stay those of staging: what the product encrypted or signed with others cannot be read with them.",
  ]);
});
