import { describe, expect, test } from "vitest";
import { restoreWishes } from "../../../../ops/data/restore-wishes.ts";

const now = new Date("2026-11-28T12:00:00Z");
const read = (...rest: string[]) => restoreWishes(rest, now);

test("files until the next option, more than once; a stack; the rest as before", () => {
  const { from, into, flags } = read("--from", "a.db", "b.tar.gz", "--yes", "--from=c");
  expect({ from, into, flags: [...flags] }).toEqual({
    from: ["a.db", "b.tar.gz", "c"],
    into: undefined,
    flags: ["--yes"],
  });
  const other = read("--set", "20261128T020000Z-import", "--into", "staging", "--yes");
  expect(other).toMatchObject({ from: [], into: "staging", set: "20261128T020000Z-import" });
  expect(read()).toEqual({ flags: new Set(), set: undefined, at: undefined, from: [], into: undefined });
});

describe("what is refused, in words", () => {
  const set = ["--set", "20261128T020000Z-backup"];
  test.each([
    [["--from"], "--from wants a value: npm run restore"],
    [["--from", "--yes"], "--from wants a value: npm run restore"],
    [["--into", "--yes"], "--into wants a value: npm run restore"],
    [["--into", "../x"], "--into ../x: allowed are small letters, digits and hyphens"],
    [["--into", "a", "b"], '"b" is not known here: npm run restore'],
    [["--from", "a.db", ...set], "give one of them: npm run restore"],
    [["--from", "a.db", "--at", "2026-11-28T02:00:00Z"], "give one of them"],
    [["--from", "a.db", "--into", "b"], "give one of them"],
    [["--from", "a.db", "--forget-old"], "--from and --forget-old are two commands"],
    [["--move"], "--move stops the stack, takes a set of its last moment"],
    [["--into", "b", "--move", "--set", "20261128T020000Z-backup"], "allowed with --into, and without --set"],
    [["--into", "b", "--no-emergency"], "--into and --no-emergency: what was brought may lack directories and stores"],
    [["word"], '"word" is not known here'],
  ])("%j", (rest, problem) => {
    expect(() => read(...rest)).toThrow(problem);
  });
});
