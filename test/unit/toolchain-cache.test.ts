import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cached, cacheRoot, exists } from "../../toolchain/cache.ts";
import { lockFilesMatch } from "../../toolchain/modules.ts";
import { backendOf, loggedInto, passphraseFile, stateRoot } from "../../toolchain/state.ts";

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "slipway-cache-"));
});
afterEach(() => rm(root, { recursive: true }));

const build = async (draft: string) => writeFile(join(draft, "made"), "1");

test("the cache and the state stand where XDG says", () => {
  expect(cacheRoot({ HOME: "/home/a" })).toBe("/home/a/.cache/slipway");
  expect(cacheRoot({ HOME: "/home/a", XDG_CACHE_HOME: "/c" })).toBe("/c/slipway");
  expect(cacheRoot({ HOME: "/home/a", XDG_CACHE_HOME: "relative" })).toBe("/home/a/.cache/slipway");
  expect(stateRoot({ HOME: "/home/a" })).toBe("/home/a/.local/state/slipway");
  expect(stateRoot({ HOME: "/home/a", XDG_STATE_HOME: "/s" })).toBe("/s/slipway");
});

test("a folder is built once, also by two at the same time", async () => {
  let builds = 0;
  const counted = async (draft: string) => {
    builds += 1;
    await build(draft);
  };
  const folders = await Promise.all([cached("a-1", counted, root), cached("a-1", counted, root)]);
  expect(folders).toEqual([join(root, "a-1"), join(root, "a-1")]);
  expect(await cached("a-1", counted, root)).toBe(join(root, "a-1"));
  expect(builds).toBe(1);
});

test("a build that fails leaves nothing, and the next one may try", async () => {
  const failing = async () => {
    throw new Error("no compiler");
  };
  await expect(cached("a-1", failing, root)).rejects.toThrow("no compiler");
  expect(await readdir(root)).toEqual(["locks"]);
  expect(await readdir(join(root, "locks"))).toEqual([]);
  expect(await cached("a-1", build, root)).toBe(join(root, "a-1"));
});

test("the lock and the draft of a process that is gone are swept away", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  await mkdir(join(root, "locks"));
  await writeFile(join(root, "locks", "a-1"), `${pid} 123`);
  await mkdir(join(root, "draft-a-1-Xyz"));
  await cached("a-1", build, root);
  expect((await readdir(root)).sort()).toEqual(["a-1", "locks"]);
});

test("a lock whose pid now belongs to another process is of a process that is gone", async () => {
  await mkdir(join(root, "locks"));
  await writeFile(join(root, "locks", "a-1"), `${process.pid} 1`);
  expect(await cached("a-1", build, root)).toBe(join(root, "a-1"));
});

test("a second process waits for the first and takes what it made", async () => {
  const cacheModule = join(import.meta.dirname, "../../toolchain/cache.ts");
  const script = `
    import { once } from "node:events";
    import { cached } from ${JSON.stringify(cacheModule)};
    await cached("a-1", async () => { console.log("building"); await once(process.stdin, "data"); }, ${JSON.stringify(root)});
    process.exit();`;
  const other = spawn(process.execPath, ["--input-type=module", "-e", script], { stdio: ["pipe", "pipe", "inherit"] });
  await once(other.stdout, "data");
  let builds = 0;
  const count = async () => {
    builds += 1;
  };
  const waiting = cached("a-1", count, root);
  other.stdin.write("go on\n");
  expect(await waiting).toBe(join(root, "a-1"));
  expect(builds).toBe(0);
});

test("the passphrase is made once and is for this user only", async () => {
  const [file, same] = await Promise.all([passphraseFile(join(root, "state")), passphraseFile(join(root, "state"))]);
  expect(file).toBe(same);
  const passphrase = await readFile(file, "utf8");
  expect(passphrase).toMatch(/^[\w-]{43}$/);
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  expect(await passphraseFile(join(root, "state"))).toBe(file);
  expect(await readFile(file, "utf8")).toBe(passphrase);
  expect(await readdir(join(root, "state"))).toEqual(["passphrase"]);
});

test("local stacks stay on this machine, the team's go to the user's login; the backend of PULUMI_BACKEND_URL has all", async () => {
  const nothing = { machine: "file:///state", backendUrl: undefined, accessToken: undefined, loggedInto: undefined };
  const machine = { kind: "machine" };
  const stated = { kind: "user", url: "s3://b?region=eu" };
  for (const stack of ["local", "blue", "production"])
    expect(backendOf({ ...nothing, stack, backendUrl: "s3://b?region=eu", accessToken: "t" })).toEqual(stated);
  expect(backendOf({ ...nothing, stack: "local", accessToken: "t", loggedInto: "https://p" })).toEqual(machine);
  // A shell with the variables of `npm run env`.
  expect(backendOf({ ...nothing, stack: "local", backendUrl: "file:///state" })).toEqual(machine);
  expect(backendOf({ ...nothing, stack: "production" })).toEqual(machine);
  expect(backendOf({ ...nothing, stack: "staging-eu", accessToken: "t" })).toEqual({ kind: "user", url: undefined });
  expect(backendOf({ ...nothing, stack: "staging", loggedInto: "https://p" })).toEqual({
    kind: "user",
    url: "https://p",
  });
  expect(await loggedInto(root)).toBeUndefined();
  await writeFile(join(root, "credentials.json"), JSON.stringify({ current: "https://p" }));
  expect(await loggedInto(root)).toBe("https://p");
  expect(await exists(join(root, "nothing"))).toBe(false);
});

test("node_modules match the lock file by version and content; other platforms' packages may lack", () => {
  const wanted = {
    packages: {
      "": { version: "0.1.0" },
      "node_modules/a": { version: "1.0.0", integrity: "sha512-a" },
      "node_modules/b-darwin": { version: "1.0.0", integrity: "sha512-b", optional: true },
    },
  };
  const a = { version: "1.0.0", integrity: "sha512-a" };
  expect(lockFilesMatch(wanted, { packages: { "node_modules/a": a } })).toBe(true);
  expect(lockFilesMatch(wanted, {})).toBe(false);
  expect(lockFilesMatch(wanted, { packages: { "node_modules/a": { ...a, integrity: "sha512-x" } } })).toBe(false);
  expect(lockFilesMatch(wanted, { packages: { "node_modules/a": a, "node_modules/c": a } })).toBe(false);
});
