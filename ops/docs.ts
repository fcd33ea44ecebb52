import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeOptions, renderOptionTable } from "../infra/config/describe.ts";

export const readmePath = join(import.meta.dirname, "..", "README.md");

const begins = "<!-- options: generated from infra/config by `npm run docs`; a test compares -->";
const ends = "<!-- /options -->";

/** The README with the table of options that the schema has today. */
export function withOptionTable(readme: string): string {
  const from = readme.indexOf(begins);
  const to = readme.indexOf(ends);
  if (from < 0 || to < from) throw new Error("README.md has lost the marks between which its option table stands");
  return `${readme.slice(0, from)}${begins}\n${renderOptionTable(describeOptions())}\n${readme.slice(to)}`;
}

export function writeOptionTable(): void {
  writeFileSync(readmePath, withOptionTable(readFileSync(readmePath, "utf8")));
}
