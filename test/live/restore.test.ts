/** npm run restore on TMWS: SQLite, vectors, licenses, Redis. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { backUp, inSets, memories, memoryIds, type SetSeen, setsOf, TmwsUser, volumesOf } from "./support/data.ts";
import { Outside } from "./support/host.ts";
import { tmwsRate } from "./support/product.ts";
import { expectNoChanges, expectOneRelease, expectSuccess, launch } from "./support/release.ts";
import { TestStack } from "./support/stack.ts";

let stack: TestStack;
let outside: Outside;
let user: TmwsUser;
let set: SetSeen;
let after: string;

beforeAll(async () => {
  stack = await TestStack.make();
  await stack.set(["slipway:app", "extraEnv"], tmwsRate);
  outside = await launch(stack);
  user = await TmwsUser.of(outside);
});
afterAll(async () => stack.destroy());

const generational = ["chromadb", "data", "licenses", "redis-data"];

describe("npm run restore --at TIME", () => {
  it("of two writes the one before that time is there and the one after it is not, in rows, vectors and Redis alike", async () => {
    await user.remember("one before");
    await user.spend(100);
    set = await backUp(stack);
    after = new Date().toISOString();
    await user.remember("one after");
    expect(await user.spend(50)).toBe(150);
    const run = await stack.slipway("restore", "--at", after, "--yes");
    expectSuccess(run);
    expect(run.output).toContain(`Restores stack ${stack.name} to ${set.name}`);
    expect(run.output).toContain("Rows of memories: 2 now, 1 then.");
    await outside.healthy();
    expect(await memories(outside)).toEqual(["one before"]);
    const { rows, vectors } = await memoryIds(outside);
    expect(rows.length).toBe(1);
    expect(vectors).toEqual(rows);
    expect(await user.spend(0)).toBe(100);
  });

  it("keeps what was there before, in an emergency set and on its volumes", async () => {
    const emergency = (await setsOf(stack)).findLast(({ purpose }) => purpose === "emergency");
    expect(emergency?.manifest?.rows["memories"]).toBe(2);
    const volumes = await volumesOf(stack);
    for (const part of generational) {
      expect(volumes).toContain(part);
      expect(volumes).toContain(`${part}.g1`);
    }
  });

  it("the second preview shows no change, one release serves, users write on", async () => {
    await expectNoChanges(stack);
    await expectOneRelease(stack, 1);
    await user.remember("one more");
    expect(await memories(outside)).toEqual(["one before", "one more"]);
  });

  it("the emergency set brings back what was lost, by its name", async () => {
    const emergency = (await setsOf(stack)).findLast(({ purpose }) => purpose === "emergency");
    expectSuccess(await stack.slipway("restore", "--set", emergency?.name ?? "", "--yes"));
    await outside.healthy();
    expect(await memories(outside)).toEqual(["one after", "one before"]);
    expect(await user.spend(0)).toBe(150);
    await expectNoChanges(stack);
  });

  it("--forget-old removes the volumes before, and nothing else; the next up changes nothing", async () => {
    const run = await stack.slipway("restore", "--forget-old");
    expectSuccess(run);
    const volumes = await volumesOf(stack);
    expect(volumes.filter((part) => generational.some((each) => part.startsWith(each)))).toEqual(
      generational.map((part) => `${part}.g2`),
    );
    expect(volumes).toContain("backups");
    await expectNoChanges(stack);
    expectSuccess(await stack.slipway("start"));
    expect(await memories(outside)).toEqual(["one after", "one before"]);
  });

  it("a release goes on from the restored data", async () => {
    await stack.set(["slipway:app", "logLevel"], "WARNING");
    expectSuccess(await stack.slipway("start"));
    await outside.healthy();
    expect(await memories(outside)).toEqual(["one after", "one before"]);
    await expectNoChanges(stack);
  });

  it("down keeps the data that serve, and up finds them", async () => {
    const before = await volumesOf(stack);
    expectSuccess(await stack.slipway("down"));
    expect(await outside.containers()).toEqual([]);
    expect(before.filter((part) => part.includes(".g2"))).toEqual(
      (await volumesOf(stack)).filter((part) => part.includes(".g2")),
    );
    outside = new Outside(stack);
    expectSuccess(await stack.slipway("start"));
    await outside.healthy();
    expect(await memories(outside)).toEqual(["one after", "one before"]);
    await expectNoChanges(stack);
  });
});

describe("bad input is one clear error and changes nothing", () => {
  it.each([
    ["a time before the first set", ["--at", "2020-01-01T00:00:00Z", "--yes"], "the oldest set of stack"],
    ["a time without its offset", ["--at", "2026-01-01 03:00", "--yes"], "allowed is a time with its offset"],
    ["a time to come", ["--at", "2999-01-01T00:00:00Z", "--yes"], "nothing can be restored from later"],
    [
      "a set that is not there",
      ["--set", "20200101T000000Z-backup", "--yes"],
      "has no backup set 20200101T000000Z-backup",
    ],
    ["a path for a set", ["--set", "../../etc", "--yes"], "allowed is a set's name"],
    ["both", ["--set", "20200101T000000Z-backup", "--at", "2020-01-01T00:00:00Z"], "give one of them"],
    ["a word too much", ["--sett"], "is not known here"],
    ["nobody who agrees", [], "nothing was changed; --yes restores without a question"],
  ])("%s", async (_, args, words) => {
    const before = await outside.fingerprint();
    const run = await stack.slipway("restore", ...args);
    expect(run.code).toBe(1);
    expect(run.output).toContain(words);
    expect(run.output).not.toContain("    at ");
    expect(await outside.fingerprint()).toEqual(before);
  });

  it("a stack that is not there", async () => {
    const run = await stack.slipway("restore", "--stack", "nosuch");
    expect(run.code).toBe(1);
    expect(run.output).toContain("there is no stack nosuch");
  });
});

it("npm run down --with-data leaves nothing, whatever generation", async () => {
  await inSets(stack, (await outside.inspect("app")).Image, "ls");
  expectSuccess(await stack.slipway("down", "--with-data"));
  expect(await outside.leftovers()).toEqual([]);
});
