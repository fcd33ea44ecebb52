import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { copyBack, copyInto } from "../../../components/backup/directories.ts";
import type { Database } from "../../../components/database/spec.ts";
import { script } from "../../../components/steps/shell.ts";

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "slipway-directories-"));
});
afterEach(() => rmSync(root, { recursive: true }));

const sqlite = (file: string): Database => ({ kind: "sqlite", file: join(root, file) });

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
}

function run(lines: readonly string[], path = process.env["PATH"]): void {
  const [shell = "", ...rest] = script(`part=${join(root, "set")}`, ...lines);
  execFileSync(shell, rest, { env: { PATH: path } });
}

/** A `cp` that fails so many times before it copies, as when a file is renamed beneath it. */
function failing(times: number): string {
  const counter = join(root, "count");
  const lines = [
    "#!/bin/sh",
    `echo x >>${counter}`,
    `[ $(wc -l <${counter}) -gt ${times} ] || exit 1`,
    'exec /bin/cp "$@"',
  ];
  mkdirSync(join(root, "bin"));
  writeFileSync(join(root, "bin", "cp"), lines.join("\n"), { mode: 0o755 });
  return `${join(root, "bin")}:${process.env["PATH"]}`;
}

/** What is below a folder, with each file's text. */
function tree(folder: string): Readonly<Record<string, string>> {
  const found = readdirSync(join(root, folder), { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    found
      .filter((each) => each.isFile())
      .map((each) => join(each.parentPath, each.name))
      .sort()
      .map((path) => [path.slice(join(root, folder).length + 1), readFileSync(path, "utf8")]),
  );
}

const live = { "data/x.db": "rows", "data/x.db-wal": "wal", "data/x.db-shm": "shm", "data/x.db-journal": "j" };

describe("a directory with the database's file in it", () => {
  const data = () => ({ name: "data", path: join(root, "data") });

  test("is copied without that file, and comes back around the one that was restored meanwhile", () => {
    write({ ...live, "data/input/a b.md": "one", "data/.hidden": "h", "data/x.db.backup": "mine", "set/mark": "" });
    run(copyInto("$part", data(), sqlite("data/x.db")));
    expect(tree("set/data")).toEqual({ ".hidden": "h", "input/a b.md": "one", "x.db.backup": "mine" });
    write({ "data/x.db": "restored", "data/input/a b.md": "two", "data/new.md": "three" });
    run(copyBack(join(root, "set/data"), data(), sqlite("data/x.db")));
    expect(tree("data")).toEqual({
      ".hidden": "h",
      "input/a b.md": "one",
      "x.db": "restored",
      "x.db-journal": "j",
      "x.db-shm": "shm",
      "x.db-wal": "wal",
      "x.db.backup": "mine",
    });
  });

  test("also deeper down, among folders whose names are patterns", () => {
    const file = sqlite("data/d[1]/e/x*.db");
    write({ "data/d[1]/e/x*.db": "rows", "data/d[1]/e/xy.db": "other", "data/d[1]/f": "f", "data/d1/g": "g" });
    write({ "set/mark": "" });
    run(copyInto("$part", data(), file));
    expect(tree("set/data")).toEqual({ "d1/g": "g", "d[1]/e/xy.db": "other", "d[1]/f": "f" });
    write({ "data/d[1]/e/x*.db": "restored", "data/d[1]/e/late": "late", "data/d1/g": "changed" });
    run(copyBack(join(root, "set/data"), data(), file));
    expect(tree("data")).toEqual({ "d1/g": "g", "d[1]/e/x*.db": "restored", "d[1]/e/xy.db": "other", "d[1]/f": "f" });
  });

  test("one that is not there yet gives an empty place", () => {
    write({ "set/mark": "" });
    run(copyInto("$part", data(), sqlite("data/x.db")));
    expect(tree("set/data")).toEqual({});
  });
});

describe("a directory without it is copied whole", () => {
  const server: Database = {
    kind: "postgres",
    name: "itdd",
    image: "sha256:postgres",
    network: "private",
    trust: { volume: "trust", path: "/etc/slipway/trust", readOnly: true },
  };

  test.each([
    ["the rows are on a server", () => server],
    ["the file lies beside it", () => sqlite("data2/x.db")],
    ["the file lies above it", () => sqlite("x.db")],
  ])("%s", (_, database) => {
    write({ ...live, "set/mark": "" });
    const data = { name: "data", path: join(root, "data") };
    run(copyInto("$part", data, database()));
    expect(Object.keys(tree("set/data"))).toEqual(["x.db", "x.db-journal", "x.db-shm", "x.db-wal"]);
    write({ "data/late": "late" });
    run(copyBack(join(root, "set/data"), data, database()));
    expect(Object.keys(tree("data"))).toEqual(["x.db", "x.db-journal", "x.db-shm", "x.db-wal"]);
  });
});

describe.each([
  ["with the database's file in it", () => sqlite("data/x.db")],
  ["without", () => sqlite("x.db")],
])("a directory %s whose files change meanwhile", (_, database) => {
  const data = () => ({ name: "data", path: join(root, "data") });

  test("is copied again", () => {
    write({ "data/a": "a", "set/mark": "" });
    run(copyInto("$part", data(), database()), failing(2));
    expect(tree("set/data")).toEqual({ a: "a" });
  });

  test("a copy that fails for good fails the set", () => {
    write({ "data/a": "a", "set/mark": "" });
    expect(() => run(copyInto("$part", data(), database()), failing(9))).toThrow();
  });
});
