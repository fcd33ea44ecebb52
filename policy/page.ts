import { policies, themes } from "./all.ts";
import { lines } from "./lines/all.ts";
import { type Check, coverageOf } from "./lines/checks.ts";
import type { Policy } from "./policy.ts";

/** A system's checklist by its title. */
export type Checklists = Readonly<Record<string, readonly (Check & { readonly guide: string })[]>>;

/** docs/policies.md: what the pack asks, which line of which guide it holds, and why a plan cannot show the others. */
export function renderPage(checklists: Checklists): string {
  return [
    "# Policies",
    "",
    "Written by `npm run docs` from `policy/`; a test compares. `npm start` and `npm run preview` of a staging or production stack have the plan judged",
    "by these: a mandatory one fails it, an advisory one is told. What they read is the plan itself, in clear; no message shows a value that could be secret.",
    "",
    ...Object.entries(themes).flatMap(([theme, own]) => [`## ${theme}`, "", ...table(own), ""]),
    "## The guides' checklists",
    "",
    "| line | asks | held by |",
    "|---|---|---|",
    ...lines.map(({ guide, words, because }) => row(guide, words, because ?? names(citing(guide)))),
    "",
    "## The systems' checklists",
    "",
    "What the live tests prove on the running systems, entry by entry; here is what of it a plan shows before.",
    "",
    ...Object.entries(checklists).flatMap(([title, checks]) => [`### ${title}`, "", ...coverageTable(checks), ""]),
  ].join("\n");
}

function table(own: readonly Policy[]): readonly string[] {
  const rows = own.map(({ name, level, allowed, guides }) => row(`\`${name}\``, level, allowed, guides.join(", ")));
  return ["| policy | level | allowed | guides' lines |", "|---|---|---|---|", ...rows];
}

function citing(guide: string): readonly string[] {
  return policies.filter(({ guides }) => guides.includes(guide)).map(({ name }) => name);
}

/** Entries of which the same is told stand in one row. */
function coverageTable(checks: Checklists[string]): readonly string[] {
  const rows = new Map<string, string[]>();
  for (const check of checks) {
    const { by, because } = coverageOf(check);
    const told = `${by.length === 0 ? "none" : names(by)} | ${because}`;
    rows.set(told, [...(rows.get(told) ?? []), `${check.what} ${check.name} (${check.guide})`]);
  }
  return [
    "| entries | policies | beyond a plan |",
    "|---|---|---|",
    ...[...rows].map(([told, entries]) => `| ${escaped(entries.join("; "))} | ${told} |`),
  ];
}

function names(all: readonly string[]): string {
  return all.map((name) => `\`${name}\``).join(", ");
}

function row(...cells: readonly string[]): string {
  return `| ${cells.map(escaped).join(" | ")} |`;
}

function escaped(cell: string): string {
  return cell.replaceAll("|", "\\|");
}
