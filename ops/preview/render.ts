import { mask } from "./mask.ts";
import { code, type Risk, risks, tell } from "./risk.ts";
import type { Change, Preview } from "./steps.ts";

/** GitHub takes 65,536 characters of a comment; what a workflow puts around it has the rest. */
export const longest = 60_000;
const longestValue = 160;
/** Of the comment, what the bullets may take; the folded diff has the rest. */
const bulletsShare = 0.6;

const titles: Readonly<Record<Risk, string>> = {
  data: "Data at risk",
  exposure: "Open to the internet",
  removal: "Removed",
  migration: "Schema",
  outage: "Interruptions",
  release: "Release",
  other: "Other changes",
};

/** By this line a workflow finds the comment again and edits it in place. */
export function marker(stack: string): string {
  return `<!-- slipway-preview:${stack} -->`;
}

/** The comment on a pull request, in Markdown: what would change, the highest risk first, the diff folded, no secret in it. */
export function renderComment(preview: Preview, stack: string): string {
  const head = [marker(stack)];
  if (preview.failed) head.push(`**\`${stack}\`: the preview failed**`);
  if (preview.changes.length === 0 && preview.said.length === 0)
    return `${head[0]}\n**\`${stack}\`** changes nothing.\n`;
  if (!preview.failed) head.push(`**\`${stack}\`: ${counted(preview)}**`);
  if (preview.said.length > 0)
    head.push(
      limited(
        preview.said.map((line) => bullet(String(mask(line)))),
        8_000,
      ).join("\n"),
    );
  const sections = limited(sectionLines(preview.changes), longest * bulletsShare);
  const body = [...head, sections.join("\n").trim()].filter((part) => part !== "").join("\n\n");
  return `${body}${foldedDiff(inRiskOrder(preview.changes), longest - body.length - 200)}\n`;
}

function counted({ changes, same }: Preview): string {
  const words = { create: "to create", update: "to update", replace: "to replace", delete: "to remove" } as const;
  const counts = (["delete", "replace", "update", "create"] as const)
    .map((op) => [changes.filter((one) => one.op === op).length, words[op]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`);
  return [...(counts.length === 0 ? ["no change"] : counts), `${same} as they are`].join(", ");
}

/** A title for each risk that there is, a line for each thing said, things said alike once with their number. */
function sectionLines(changes: readonly Change[]): readonly string[] {
  const told = changes.flatMap(tell);
  return risks.flatMap((risk) => {
    const words = told.filter((one) => one.risk === risk).map((one) => one.words);
    if (words.length === 0) return [];
    return [`**${titles[risk]}**`, "", ...(risk === "other" ? byVerb(words) : once(words)).map(bullet), ""];
  });
}

function once(words: readonly string[]): readonly string[] {
  return [...new Set(words)].map((one) => {
    const times = words.filter((other) => other === one).length;
    return times === 1 ? one : `${one} (${times} times)`;
  });
}

const namesShown = 12;

/** What is of no risk in one line for each verb: "creates `a`, `b` and 30 more". */
function byVerb(words: readonly string[]): readonly string[] {
  const verbs = [...new Set(words.map((one) => one.split(" ", 1)[0] ?? ""))];
  return verbs.map((verb) => {
    const names = words.filter((one) => one.startsWith(`${verb} `)).map((one) => one.slice(verb.length + 1));
    const more = names.length - namesShown;
    return `${verb} ${names.slice(0, namesShown).join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
  });
}

function bullet(text: string): string {
  return `- ${text.replaceAll(/\s*[\r\n]+\s*/g, " ").slice(0, 500)}`;
}

/** As many lines as fit, and one that counts those which do not. */
function limited(lines: readonly string[], room: number): readonly string[] {
  let used = 0;
  const fits = lines.findIndex((line) => {
    used += line.length + 1;
    return used > room;
  });
  if (fits < 0) return lines;
  const left = lines.slice(fits).filter((line) => line.startsWith("- ")).length;
  return [...lines.slice(0, fits), "", `and ${left} more lines of this risk or lower, not listed`];
}

function inRiskOrder(changes: readonly Change[]): readonly Change[] {
  const rank = (change: Change) => Math.min(risks.length, ...tell(change).map(({ risk }) => risks.indexOf(risk)));
  return changes.toSorted((a, b) => rank(a) - rank(b));
}

/** What changes in each resource, as a diff to be unfolded; whole resources are left out when there is no room, and counted. */
function foldedDiff(changes: readonly Change[], room: number): string {
  const blocks = changes.map(diffOf);
  let used = 0;
  const fits = blocks.filter((block) => {
    used += block.length + 1;
    return used <= room;
  });
  const left = blocks.length - fits.length;
  if (blocks.length === 0) return "";
  const omitted = left === 0 ? "" : `\n\nand ${left} more resources, not shown`;
  return `\n\n<details><summary>Diff of ${fits.length} of ${blocks.length} resources</summary>\n\n\`\`\`diff\n${fits.join("\n")}\n\`\`\`${omitted}\n</details>`;
}

const signs = { create: "+", update: "~", replace: "+-", delete: "-" } as const;

function diffOf({ op, type, name, before, after, keys }: Change): string {
  const lines = keys.flatMap((key) => [
    ...(op === "create" || !(key in before) ? [] : [`-   ${key}: ${shown(before[key], key)}`]),
    ...(op === "delete" || !(key in after) ? [] : [`+   ${key}: ${shown(after[key], key)}`]),
  ]);
  // A diff of lines begins with the sign alone; resources stand as its headings.
  return [`@@ ${signs[op]} ${code({ name }).replaceAll("`", "")} (${type}) @@`, ...lines].join("\n");
}

function shown(value: unknown, key: string): string {
  const text = JSON.stringify(mask(value, key)) ?? "none";
  const line = text.replaceAll("```", "'''");
  return line.length > longestValue ? `${line.slice(0, longestValue)}...` : line;
}
