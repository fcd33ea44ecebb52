import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describeOptions, renderOptionTable } from "../infra/config/describe.ts";
import { renderBenchmark } from "../policy/cis-page.ts";
import { drawHouse } from "./house/picture.ts";
import { readSources } from "./house/read.ts";
import { currentPolicies, policiesPath } from "./policies-page.ts";
import { checkout } from "./stack-file.ts";
import { reportSchema } from "./status/report.ts";

export const readmePath = join(checkout, "README.md");
export const architecturePath = join(checkout, "docs", "architecture.md");
export const picturePath = join(checkout, "docs", "architecture.svg");
export const benchmarkPath = join(checkout, "docs", "hardening.md");
export const statusSchemaPath = join(checkout, "docs", "status.schema.json");

const begins = "<!-- options: generated from infra/config by `npm run docs`; a test compares -->";
const ends = "<!-- /options -->";

/** The README with the table of options that the schema has today. */
export function withOptionTable(readme: string): string {
  const from = readme.indexOf(begins);
  const to = readme.indexOf(ends);
  if (from < 0 || to < from) throw new Error("README.md has lost the marks between which its option table stands");
  return `${readme.slice(0, from)}${begins}\n${renderOptionTable(describeOptions())}\n${readme.slice(to)}`;
}

/** The picture of the folders and their imports, as the code is today. */
export function currentPicture(): string {
  return drawHouse(readSources());
}

/**
 * Writes everything that is rendered from the code: the README's table of options, the picture of the floors, the status report's schema, the pages
 * of policies and of the benchmark. `npm run docs`.
 */
export function writeDocs(): void {
  writeFileSync(readmePath, withOptionTable(readFileSync(readmePath, "utf8")));
  writeFileSync(picturePath, currentPicture());
  writeFileSync(statusSchemaPath, reportSchema());
  writeFileSync(policiesPath, currentPolicies());
  writeFileSync(benchmarkPath, renderBenchmark());
}
