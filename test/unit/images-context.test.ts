import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { builtTag, type ContextEntry, listContext, portableMode, recipeHash } from "../../infra/images/context.ts";
import { isIgnored, parseIgnore, takesAnythingBack } from "../../infra/images/ignore.ts";
import { folders, packContext, paxRecord } from "../../infra/images/tar.ts";

const ENTRY: ContextEntry = { kind: "file", path: "app.py", mode: 0o644, size: 3, sha256: "a".repeat(64) };
const RECIPE = { entries: [ENTRY], dockerfile: "Dockerfile", target: undefined, args: {}, baseImageId: undefined };

describe("the recipe's hash", () => {
  test("is a constant of the format: a change of it rebuilds every image", () => {
    expect(recipeHash(RECIPE)).toBe("023d3b3a9f6c1f490bcb18138c276500630f8fec9923029622db6dae36279b01");
  });

  test("does not depend on the order of entries or arguments", () => {
    const other: ContextEntry = { kind: "link", path: "a", target: "app.py" };
    const one = { ...RECIPE, entries: [ENTRY, other], args: { A: "1", B: "2" } };
    const two = { ...RECIPE, entries: [other, ENTRY], args: { B: "2", A: "1" } };
    expect(recipeHash(one)).toBe(recipeHash(two));
  });

  test.each([
    ["path", { ...RECIPE, entries: [{ ...ENTRY, path: "app2.py" }] }],
    ["mode", { ...RECIPE, entries: [{ ...ENTRY, mode: 0o755 }] }],
    ["bytes", { ...RECIPE, entries: [{ ...ENTRY, sha256: "b".repeat(64) }] }],
    ["kind", { ...RECIPE, entries: [{ kind: "link" as const, path: "app.py", target: "x" }] }],
    ["dockerfile", { ...RECIPE, dockerfile: "deploy/Dockerfile" }],
    ["target", { ...RECIPE, target: "runtime" }],
    ["args", { ...RECIPE, args: { A: "1" } }],
    ["base image", { ...RECIPE, baseImageId: "sha256:1" }],
  ])("changes with the %s", (_, recipe) => {
    expect(recipeHash(recipe)).not.toBe(recipeHash(RECIPE));
  });

  test("names the image by its first twelve digits", () => {
    expect(builtTag("tmws", "0123456789abcdef")).toBe("slipway/tmws:0123456789ab");
  });
});

test("a mode keeps nothing but the owner's right to execute", () => {
  expect([0o100600, 0o100664, 0o100775, 0o100700].map(portableMode)).toEqual([0o644, 0o644, 0o755, 0o755]);
});

describe(".dockerignore", () => {
  const rules = parseIgnore(
    [
      "# notes",
      "",
      "/node_modules/",
      "*.md",
      "!README.md",
      "**/*.pyc",
      "docs/**",
      "temp?",
      "build\\*",
      "[a-c].txt",
    ].join("\n"),
  );
  test.each([
    ["node_modules", true],
    ["node_modules/a/b.js", true],
    ["sub/node_modules", false],
    ["CHANGES.md", true],
    ["README.md", false],
    ["sub/CHANGES.md", false],
    ["a.pyc", true],
    ["a/b/c.pyc", true],
    ["docs/a", true],
    ["docs", false],
    ["temp1", true],
    ["temp12", false],
    ["build*", true],
    ["build1", false],
    ["b.txt", true],
    ["d.txt", false],
    ["# notes", false],
  ])("%s: left out %s", (path, ignored) => {
    expect(isIgnored(rules, path)).toBe(ignored);
  });

  test("the last line that matches decides, and a folder's rule covers its content", () => {
    const some = parseIgnore("data\n!data/keep.json\ndata/keep.json.bak");
    expect(["data/x", "data/keep.json", "data/keep.json.bak"].map((path) => isIgnored(some, path))).toEqual([
      true,
      false,
      true,
    ]);
    expect(takesAnythingBack(some)).toBe(true);
    expect(takesAnythingBack(parseIgnore("data"))).toBe(false);
  });

  test("everything but", () => {
    const some = parseIgnore("*\n!src");
    expect(["src/a.ts", "README.md"].map((path) => isIgnored(some, path))).toEqual([false, true]);
  });
});

describe("a context on disk", () => {
  let base = "";
  const long = `deep/${"n".repeat(120)}.txt`;

  async function write(clone: string, umask: number, time: number): Promise<string> {
    const root = join(base, clone);
    const files: Record<string, string> = {
      Dockerfile: "FROM scratch\n",
      ".dockerignore": "*.log\nDockerfile\n",
      "run.sh": "#!/bin/sh\n",
      "debug.log": clone,
      ".git/HEAD": clone,
      "src/a.py": "a\n",
      [long]: "long\n",
    };
    for (const [path, content] of Object.entries(files)) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
      await chmod(join(root, path), (path === "run.sh" ? 0o777 : 0o666) & ~umask);
      await utimes(join(root, path), time, time);
    }
    await mkdir(join(root, "empty"));
    await symlink("src/a.py", join(root, "link"));
    return root;
  }

  beforeAll(async () => {
    base = await mkdtemp(join(tmpdir(), "slipway-context-"));
  });
  afterAll(() => rm(base, { recursive: true, force: true }));

  test("lists what git would keep, sorted, with the Dockerfile although it is ignored", async () => {
    const entries = await listContext(await write("listing", 0o022, 1), "Dockerfile");
    expect(entries.map((entry) => entry.path)).toEqual([
      ".dockerignore",
      "Dockerfile",
      long,
      "link",
      "run.sh",
      "src/a.py",
    ]);
  });

  test("is the same recipe and the same bytes in another clone, at another time, under another umask", async () => {
    const pack = async (root: string) => {
      const entries = await listContext(root, "Dockerfile");
      return { hash: recipeHash({ ...RECIPE, entries }), tar: await text(packContext(root, entries)) };
    };
    const one = await pack(await write("one", 0o022, 1_000_000_000));
    const two = await pack(await write("two", 0o077, 1_700_000_000));
    expect(two).toEqual(one);
  });

  test("is a tar that tar reads", async () => {
    const root = await write("tar", 0o022, 1);
    const archive = join(base, "context.tar");
    await writeFile(archive, packContext(root, await listContext(root, "Dockerfile")));
    const listing = execFileSync("tar", ["--numeric-owner", "--full-time", "--utc", "-tvf", archive], {
      encoding: "utf8",
    });
    const seen = listing
      .trim()
      .split("\n")
      .map((line) => line.replace(/\s+/g, " "));
    expect(seen).toEqual([
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 deep/",
      "drwxr-xr-x 0/0 0 1970-01-01 00:00:00 src/",
      "-rw-r--r-- 0/0 17 1970-01-01 00:00:00 .dockerignore",
      "-rw-r--r-- 0/0 13 1970-01-01 00:00:00 Dockerfile",
      `-rw-r--r-- 0/0 5 1970-01-01 00:00:00 ${long}`,
      "lrwxrwxrwx 0/0 0 1970-01-01 00:00:00 link -> src/a.py",
      "-rwxr-xr-x 0/0 10 1970-01-01 00:00:00 run.sh",
      "-rw-r--r-- 0/0 2 1970-01-01 00:00:00 src/a.py",
    ]);
  });
});

test("folders come parents first", () => {
  expect(folders([{ ...ENTRY, path: "a/b/c/d.py" }, { ...ENTRY, path: "a/x.py" }, ENTRY])).toEqual([
    "a",
    "a/b",
    "a/b/c",
  ]);
});

test.each([
  ["k", "v", "6 k=v\n"],
  ["path", "x".repeat(87), `96 path=${"x".repeat(87)}\n`],
  ["path", "x".repeat(90), `99 path=${"x".repeat(90)}\n`],
  ["path", "x".repeat(91), `101 path=${"x".repeat(91)}\n`],
])("a pax record counts its own length (%s)", (key, value, record) => {
  expect(paxRecord(key, value)).toBe(record);
  expect(record.startsWith(`${Buffer.byteLength(record)} `)).toBe(true);
});

test("the relay to the module proxy is one text: each image is built from its own folder alone, and has a copy", () => {
  const images = join(import.meta.dirname, "../../images");
  const copies = globSync("*/relay/main.go", { cwd: images });
  expect(copies.length).toBeGreaterThan(2);
  expect(new Set(copies.map((copy) => readFileSync(join(images, copy), "utf8"))).size).toBe(1);
});
