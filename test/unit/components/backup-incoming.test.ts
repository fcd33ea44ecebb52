import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { acceptDatabase, acceptSet, incomingFile, receive } from "../../../components/backup/incoming.ts";
import { loadSql, rolesFor, rolesNamed } from "../../../components/postgres/load.ts";

const set = "20261128T020000Z-import";
const sqlite = { database: { kind: "sqlite", file: "/app/data/tmws.db" } } as const;
const trust = { volume: "slipway-blue_trust", path: "/etc/slipway/trust", readOnly: true };
const postgres = {
  database: { kind: "postgres", name: "orders", image: "sha256:postgres", network: "slipway-blue", trust },
} as const;

describe("what was brought becomes a set", () => {
  test("SQLite copies its own file, with the log that lies beside it, and proves the copy", () => {
    expect(acceptDatabase(sqlite, set, false)[0]?.[2]?.split("\n")).toEqual([
      `sqlite3 -cmd '.timeout 10000' '/backup/sets/${set}.part/incoming/database.db' '.backup '\\''/backup/sets/${set}.part/database.db'\\'''`,
      `  found=$(sqlite3 "/backup/sets/${set}.part/database.db" 'PRAGMA integrity_check')`,
      '  if [ "$found" != ok ]; then echo "integrity_check: $found" >&2; exit 1; fi',
      `rm -rf '/backup/sets/${set}.part/incoming'`,
    ]);
  });

  test("a dump is read to its end before it is the set's", () => {
    expect(acceptDatabase(postgres, set, true)[0]?.[2]?.split("\n")).toEqual([
      `gunzip '/backup/sets/${set}.part/incoming/database.dump.gz'`,
      `pg_restore --file=/dev/null '/backup/sets/${set}.part/incoming/database.dump'`,
      `mv -T '/backup/sets/${set}.part/incoming/database.dump' '/backup/sets/${set}.part/database.dump'`,
      `rm -rf '/backup/sets/${set}.part/incoming'`,
    ]);
    expect(incomingFile("sql")).toBe("incoming/database.sql");
  });

  test("another stack's set is checked before anything of it is taken; its state and config are not", () => {
    const lines = acceptSet("20261127T020000Z-backup", set)[0]?.[2]?.split("\n") ?? [];
    expect(lines[0]).toBe(`cd '/backup/sets/${set}.part/20261127T020000Z-backup'`);
    expect(lines).toContain("sha256sum --quiet -c SHA256SUMS");
    expect(lines.findIndex((line) => line.startsWith("rm -f"))).toBeGreaterThan(
      lines.findIndex((line) => line.includes("sha256sum")),
    );
    expect(lines.at(-3)).toContain("'20261127T020000Z-backup/stack.json' '20261127T020000Z-backup/stack.yaml'");
  });

  test("scripts that a POSIX shell can read", () => {
    for (const argv of [receive(set), ...acceptDatabase(sqlite, set, true), ...acceptSet("a", set)])
      expect(() => execFileSync("sh", ["-n", "-c", argv[2] ?? "exit 1"])).not.toThrow();
  });
});

describe("another stack's set, by this machine's shell", () => {
  const lent = "20261127T020000Z-backup";
  const inFolder = (work: (sets: string, run: (argv: readonly string[], input?: Buffer) => string) => void) => {
    const sets = mkdtempSync(join(tmpdir(), "slipway-sets-"));
    const run = ([shell = "", ...argv]: readonly string[], input?: Buffer) =>
      execFileSync(
        shell,
        argv.map((word) => word.replaceAll("/backup/sets", sets)),
        { encoding: "utf8", input, stdio: "pipe" },
      );
    const from = join(sets, "other", lent);
    mkdirSync(join(from, "chromadb/deep"), { recursive: true });
    for (const [name, text] of [
      ["database.db", "rows"],
      ["chromadb/deep/x", "vectors"],
      ["stack.json", "{}"],
      ["stack.yaml", "a: b"],
      ["manifest.json", "{}"],
    ] as const)
      writeFileSync(join(from, name), text);
    execFileSync("sh", ["-c", "find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS"], { cwd: from });
    mkdirSync(join(sets, `${set}.part`));
    try {
      work(sets, run);
    } finally {
      rmSync(sets, { recursive: true });
    }
  };
  const tarOf = (sets: string) => execFileSync("tar", ["-C", join(sets, "other"), "-cf", "-", lent]);

  test("its data are there, its state, config and list of sums are not", () =>
    inFolder((sets, run) => {
      run(receive(set), tarOf(sets));
      for (const argv of acceptSet(lent, set)) run(argv);
      const found = execFileSync("find", [".", "-type", "f"], { cwd: join(sets, `${set}.part`), encoding: "utf8" });
      expect(found.trim().split("\n").sort()).toEqual(["./chromadb/deep/x", "./database.db", "./manifest.json"]);
    }));

  test("one byte that is another ends it", () =>
    inFolder((sets, run) => {
      writeFileSync(join(sets, "other", lent, "database.db"), "Rows");
      run(receive(set), tarOf(sets));
      expect(() => run(acceptSet(lent, set)[0] ?? [])).toThrow("1 computed checksum did NOT match");
    }));
});

describe("roles that SQL of pg_dump names", () => {
  test.each([
    ["ALTER TABLE public.orders OWNER TO ridgetop;", ["ridgetop"]],
    ['ALTER TABLE public.orders OWNER TO "Odd ""one";', ['Odd "one']],
    ["GRANT SELECT,INSERT ON TABLE public.orders TO reader, writer;", ["reader", "writer"]],
    ["GRANT ALL ON SCHEMA public TO PUBLIC;", []],
    ["REVOKE ALL ON TABLE public.orders FROM ridgetop;", ["ridgetop"]],
    [
      "ALTER DEFAULT PRIVILEGES FOR ROLE ridgetop IN SCHEMA public GRANT SELECT ON TABLES TO reader;",
      ["ridgetop", "reader"],
    ],
    ["CREATE SCHEMA app AUTHORIZATION ridgetop;", ["ridgetop"]],
    ["COPY public.orders (id, note) FROM stdin;", []],
    ["1\tGRANT ALL TO somebody", []],
  ])("%s", (line, roles) => {
    expect(rolesNamed(line)).toEqual(roles);
  });

  test("they are made where they are not, and only then; loading ends at the first error", () => {
    expect(rolesFor(["o'x"])).toBe(
      `SELECT 'CREATE ROLE "o''x"' WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'o''x') \\gexec\n`,
    );
    expect(rolesFor([])).toBe("\n");
    expect(loadSql("orders")).toEqual([
      "psql",
      "-Xq",
      "-v",
      "ON_ERROR_STOP=1",
      "-o",
      "/dev/null",
      "-U",
      "postgres",
      "-d",
      "orders",
      "-f",
      "-",
    ]);
  });
});
