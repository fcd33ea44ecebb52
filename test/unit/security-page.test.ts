import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

import { gate, shards } from "../shards.ts";

const checkout = join(import.meta.dirname, "../..");
const page = readFileSync(join(checkout, "SECURITY.md"), "utf8");

interface Row {
  readonly threat: string;
  readonly file: string;
  readonly name: string;
}

/** The table's rows; one that is not whole has an empty file, which no test has. */
function rowsOf(text: string): readonly Row[] {
  const table = text.slice(text.indexOf("| who | what |")).split("\n\n")[0] ?? "";
  const rows = table.split("\n").slice(2);
  return rows.map((line) => {
    const [, threat = "", file = "", name = ""] = /^\| (.+ \| .+ \| .+) \| `(\S+)`: (.+) \|$/.exec(line) ?? [];
    return { threat: threat || line, file, name };
  });
}

/** What is wrong with a row: no file, no test of that name in it, no shard that runs it. */
function missing({ threat, file, name }: Row): readonly string[] {
  const path = join(checkout, file);
  if (file === "" || !existsSync(path)) return [`${threat}: no file ${file}`];
  const titles = [...readFileSync(path, "utf8").matchAll(/\b(?:it|test)\(\s*"([^"]+)"/g)].map((match) => match[1]);
  if (!titles.includes(name)) return [`${threat}: no test "${name}" in ${file}`];
  const run = file.startsWith("test/unit/") || [...gate, ...shards].some(({ files }) => files.includes(file));
  return run ? [] : [`${threat}: no shard runs ${file}`];
}

test("every threat names a test that exists and is run", () => {
  const rows = rowsOf(page);
  expect(rows.length).toBeGreaterThan(20);
  expect(rows.flatMap(missing)).toEqual([]);
});

test("a row whose file, test or shard is not there is found", () => {
  const row = (test: string) => `| who | what | stopped by | test |\n|---|---|---|---|\n| a | b | c | ${test} |`;
  const found = (test: string) => rowsOf(row(test)).flatMap(missing);
  expect(found("`test/live/none.test.ts`: any")).toEqual(["a | b | c: no file test/live/none.test.ts"]);
  expect(found("`test/live/launch.test.ts`: any")).toEqual(['a | b | c: no test "any" in test/live/launch.test.ts']);
  expect(found("by hand")).toHaveLength(1);
});
