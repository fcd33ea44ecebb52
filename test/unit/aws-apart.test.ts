import { expect, test } from "vitest";
import { readSources } from "../../ops/house/read.ts";

const sources = new Map(readSources().map((file) => [file.path, file.imports]));

/** All that a file loads, directly or not. */
function reached(from: string, seen = new Set<string>()): ReadonlySet<string> {
  if (seen.has(from)) return seen;
  seen.add(from);
  for (const next of sources.get(from) ?? []) reached(next, seen);
  return seen;
}

const ofAws = (from: string) => [...reached(from)].filter((name) => name.startsWith("@pulumi/aws"));

test.each(["infra/index.ts", "ops/main.ts", "policy/index.ts"])(
  "%s loads nothing of AWS' SDK, which is 84 MB",
  (entry) => {
    expect(sources.has(entry)).toBe(true);
    expect(ofAws(entry)).toEqual([]);
  },
);

test("AWS' own programs do, one class at a time: the whole SDK takes as long to load as everything else", () => {
  const loaded = ["infra/aws/index.ts", "infra/bootstrap/index.ts"].flatMap(ofAws);
  expect(loaded.length).toBeGreaterThan(30);
  expect(loaded.filter((name) => !/^@pulumi\/aws\/(\w+\/)?(?!index\.js)\w+\.js$/.test(name))).toEqual([]);
});
