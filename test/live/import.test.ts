/** npm run restore --from FILE..., and --into another stack, on TMWS: what guides 000 and 001 leave behind, and sets of one's own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { copyOut } from "./support/copy-out.ts";
import { backUp, expectUntouched, memories, memoryIds, TmwsUser, volumesOf } from "./support/data.ts";
import type { Outside } from "./support/host.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let folder: string;
let stack: TestStack;
let outside: Outside;
let user: TmwsUser;
let other: TestStack;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "slipway-import-"));
  stack = await TestStack.make();
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  user = await TmwsUser.of(outside);
});
afterAll(async () => {
  await other?.destroy();
  await stack.destroy();
  rmSync(folder, { recursive: true });
});

const file = (name: string) => join(folder, name);
const expectAsBefore = async (...texts: readonly string[]) => {
  await outside.healthy();
  expect(await memories(outside)).toEqual(texts);
  const { rows, vectors } = await memoryIds(outside);
  expect(vectors).toEqual(rows);
};

describe("npm run restore --from", () => {
  it("takes the copy and the archive of guide 001's backup script, shows what they change, and serves them", async () => {
    await user.remember("in the guide's backup");
    await user.spend(100);
    // Guide 001, "Backup Script", in the product's container: the same two commands.
    const made =
      "sqlite3 /app/data/tmws.db \".backup '/app/data/tmws_20250116_020000.db'\" && tar -C /app/data -czf /app/data/chroma_20250116_020000.tar.gz chromadb/";
    await outside.exec("app", "sh", "-ec", made);
    for (const name of ["tmws_20250116_020000.db", "chroma_20250116_020000.tar.gz"])
      await copyOut((await outside.inspect("app")).Id, `/app/data/${name}`, folder);
    await user.remember("later");
    const given = [file("tmws_20250116_020000.db"), file("chroma_20250116_020000.tar.gz")];
    const run = await stack.slipway("restore", "--from", ...given, "--yes");
    expectSuccess(run);
    expect(run.output).toContain(`It is made of ${given.join(", ")}`);
    expect(run.output).toContain("Rows of memories: 2 now, 1 then.");
    expect(run.output).toContain("Not in what was given, and left as now: licenses.");
    await expectAsBefore("in the guide's backup");
    // Redis is in no guide's backup: it stays as it was.
    expect(await user.spend(0)).toBe(100);
    await expectNoChanges(stack);
  });

  it("takes a bind-mounted ./data as it was left by a process that was killed, with the rows that are in the log alone", async () => {
    await outside.exec("app", "sqlite3", "/app/data/tmws.db", "PRAGMA wal_checkpoint(TRUNCATE)");
    await user.remember("in the log alone");
    await copyOut((await outside.inspect("app")).Id, "/app/data", folder);
    await user.remember("later");
    expectSuccess(await stack.slipway("restore", "--from", file("data"), "--yes"));
    await expectAsBefore("in the guide's backup", "in the log alone");
    await expectNoChanges(stack);
  });

  it("refuses what it cannot take, and what is damaged, and touches nothing", async () => {
    writeFileSync(file("x.dump"), "PGDMP");
    const restore =
      (...names: readonly string[]) =>
      () =>
        stack.slipway("restore", "--from", ...names.map(file), "--yes");
    const words = [
      "this stack keeps its rows in SQLite",
      "Allowed: one file of SQLite",
      `--stack ${stack.name} --from`,
    ];
    await expectUntouched(stack, outside, restore("x.dump"), ...words);
    mkdirSync(file("broken"));
    writeFileSync(file("broken/tmws.db"), Buffer.concat([Buffer.from("SQLite format 3\0"), Buffer.alloc(9000, "x")]));
    await expectUntouched(stack, outside, restore("broken"), "making ", "file is not a database");
    expect(await volumesOf(stack)).toContain("data.g2");
  });
});

describe("npm run restore --into", () => {
  it("refuses another product's stack and the stack itself", async () => {
    const own = () => stack.slipway("restore", "--into", stack.name, "--yes");
    await expectUntouched(stack, outside, own, `--into ${stack.name}: that is the stack itself`);
  });

  it("restores a set of one stack in another, which keeps its own secrets; of the first nothing changes", async () => {
    other = await TestStack.make(stack.state);
    await other.set(["slipway:app", "extraEnv"], tmwsRate);
    const there = await launch(other);
    await (await TmwsUser.of(there)).remember("of the other");
    await user.spend(50);
    const set = await backUp(stack);
    const fingerprint = await outside.fingerprint();
    const run = await stack.slipway("restore", "--into", other.name, "--yes");
    expectSuccess(run);
    expect(run.output).toContain(`It is ${set.name} of stack ${stack.name}`);
    expect(await memories(there)).toEqual(["in the guide's backup", "in the log alone"]);
    const { rows, vectors } = await memoryIds(there);
    expect(vectors).toEqual(rows);
    expect(await outside.fingerprint()).toEqual(fingerprint);
    await expectNoChanges(other);
    await expectNoChanges(stack);
  });
});
