import { readFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { type Checklists, renderPage } from "../policy/page.ts";
import { checkout } from "./stack-file.ts";

export const policiesPath = join(checkout, "docs", "policies.md");

const checklist = z.array(z.looseObject({ what: z.string(), name: z.string(), guide: z.string() }));
const titles = {
  "TMWS 2.4": "tmws",
  "TMWS 2.3.1": "tmws-2.3",
  AIDIS: "aidis",
  "Tria AIBPO": "tria",
  "IT Diligence Agent": "diligence",
} as const;

/** What the live tests prove of each system, by its title. */
export function readChecklists(): Checklists {
  const read = (system: string) => readFileSync(join(checkout, "test", "fixtures", `${system}-checklist.json`), "utf8");
  return Object.fromEntries(
    Object.entries(titles).map(([title, system]) => [title, checklist.parse(JSON.parse(read(system)))]),
  );
}

/** docs/policies.md as the pack is today. */
export function currentPolicies(): string {
  return renderPage(readChecklists());
}
