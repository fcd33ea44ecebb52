import { describe, expect, test } from "vitest";
import { dataWishes } from "../../../../ops/data/wishes.ts";

const now = new Date("2026-11-28T12:00:00Z");
const words = { usage: "npm run restore", flags: ["--yes"], choosesSet: true };
const read = (...rest: string[]) => dataWishes(rest, words, now);

test("a set, a time, flags, in any order and either way of writing", () => {
  expect(read()).toEqual({ flags: new Set(), set: undefined, at: undefined });
  expect(read("--yes", "--set", "20261128T020000Z-backup-point").set).toBe("20261128T020000Z-backup-point");
  expect(read("--set=20261128T020000Z-backup", "--yes").flags).toEqual(new Set(["--yes"]));
  expect(read("--at=2026-11-28T12:00:00+01:00").at?.toISOString()).toBe("2026-11-28T11:00:00.000Z");
  expect(read("--at", "2026-11-28T11:59:59.5Z").at?.toISOString()).toBe("2026-11-28T11:59:59.500Z");
});

describe("what is refused, in words", () => {
  test.each([
    [["--set"], "--set wants a value: npm run restore"],
    [["--at", "--yes"], "--at wants a value: npm run restore"],
    [["--set", "../x"], "--set ../x: allowed is a set's name, such as 20261128T020000Z-backup"],
    [["--set", "20261128T020000Z-backup.part"], "allowed is a set's name"],
    [["--at", "yesterday"], "--at yesterday: allowed is a time with its offset, such as 2026-11-28T12:00:00Z"],
    [["--at", "2026-11-28 02:00"], "allowed is a time with its offset"],
    [["--at", "2026-11-28T02:00:00"], "allowed is a time with its offset"],
    [["--at", "2026-13-28T02:00:00Z"], "allowed is a time with its offset"],
    [["--at", "2026-11-28T12:00:01Z"], "it is 2026-11-28T12:00:00.000Z now; nothing can be restored from later"],
    [["--at", "2026-11-28T02:00:00Z", "--set", "20261128T020000Z-backup"], "--set and --at both choose the set"],
    [["--force"], '"--force" is not known here: npm run restore'],
    [["word"], '"word" is not known here'],
  ])("%j", (rest, problem) => {
    expect(() => read(...rest)).toThrow(problem);
  });

  test("a choice of the set where there is none to make", () => {
    expect(() => dataWishes(["--set", "x"], { ...words, choosesSet: false })).toThrow('"--set" is not known here');
  });
});
