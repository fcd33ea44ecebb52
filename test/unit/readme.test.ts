import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { readmePath, withOptionTable } from "../../ops/docs.ts";
import manifest from "../../package.json" with { type: "json" };
import { shardsNamed } from "../shards.ts";

const readme = readFileSync(readmePath, "utf8");

it("shows the options that the schema has; mend with npm run docs", () => {
  expect(withOptionTable(readme)).toBe(readme);
});

it("names only npm scripts that exist", () => {
  const named = [...readme.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map((match) => match[1] ?? "");
  expect(named.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual([]);
});

it("names only shards and files that exist", () => {
  expect(
    [...readme.matchAll(/test:live -- ([a-z0-9.-]+)/g)]
      .map((match) => match[1] ?? "")
      .filter((name) => shardsNamed(name).length === 0),
  ).toEqual([]);
  const links = [...readme.matchAll(/\]\(([a-z][^)]*)\)/g)].map((match) => match[1] ?? "");
  expect(links.filter((link) => !existsSync(join(readmePath, "..", link)))).toEqual([]);
});
