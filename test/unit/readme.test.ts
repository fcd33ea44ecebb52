import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { readmePath, withOptionTable } from "../../ops/docs.ts";
import manifest from "../../package.json" with { type: "json" };
import { shardsNamed } from "../shards.ts";

const readme = readFileSync(readmePath, "utf8");

it("shows the options that the schema has; mend with npm run docs", () => {
  expect(withOptionTable(readme)).toBe(readme);
});

const root = dirname(readmePath);
const pages = ["README.md", "SECURITY.md", ...readdirSync(join(root, "docs")).map((name) => `docs/${name}`)];

/** Of a heading, as GitHub makes it. */
function anchorOf(heading: string): string {
  const text = heading.replace(/^#+ /, "").toLowerCase();
  return text.replaceAll(/[^\w\- ]/g, "").replaceAll(" ", "-");
}

function anchorsOf(file: string): readonly string[] {
  return [...readFileSync(file, "utf8").matchAll(/^#+ .*$/gm)].map(([heading]) => anchorOf(heading));
}

describe.each(pages.filter((page) => page.endsWith(".md")))("%s", (page) => {
  const file = join(root, page);
  const text = readFileSync(file, "utf8");

  it("names only npm scripts that exist", () => {
    const named = [...text.matchAll(/npm run (?:-s )?([a-z:]+)/g)].map((match) => match[1] ?? "");
    // That page quotes the guides, one of which has a script of its own.
    const others = page === "docs/policies.md" ? ["migrate"] : [];
    expect(named.filter((name) => !Object.hasOwn(manifest.scripts, name))).toEqual(others);
  });

  it("names only shards that exist", () => {
    const named = [...text.matchAll(/test:live -- ([a-z0-9.-]+)/g)].map((match) => match[1] ?? "");
    expect(named.filter((name) => shardsNamed(name).length === 0)).toEqual([]);
  });

  it("leads only to files and headings that exist", () => {
    const links = [...text.matchAll(/\]\(((?!https?:)[^)]+)\)/g)].map((match) => match[1] ?? "");
    const broken = links.filter((link) => {
      const [path = "", anchor] = link.split("#");
      const target = path === "" ? file : join(dirname(file), path);
      return !existsSync(target) || (anchor !== undefined && !anchorsOf(target).includes(anchor));
    });
    expect(broken).toEqual([]);
  });
});
