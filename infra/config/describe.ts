import { formatPath, type Path } from "../../components/options/path.ts";
import { systemNamed } from "../systems/index.ts";
import { rootSchema } from "./schema.ts";
import { type Group, type Node, treeOf } from "./schema-tree.ts";
import type { SystemOptions } from "./system-options.ts";

/** One option as the README's table shows it. */
export interface OptionRow {
  /** As `pulumi config set --path` takes it; `<name>` where the user chooses it. */
  readonly path: string;
  readonly default: string;
  readonly allowed: string;
  readonly meaning: string;
  readonly secret: boolean;
}

/** Every option of a system's config, in the order of the schema: the schema is the only place where they are written down. */
export function describeOptions(system: SystemOptions = systemNamed(undefined)): readonly OptionRow[] {
  return rowsOf(treeOf(rootSchema(system)), []);
}

function rowsOf(node: Node, path: Path): readonly OptionRow[] {
  switch (node.kind) {
    case "group":
      return groupRows(node, path);
    case "names":
      // The map itself has no value of its own: its rows are those of one entry, with the words for all of them.
      return rowsOf(node.value, [...path, "<name>"]).map((row) => ({
        ...row,
        default: "none",
        allowed: `${row.allowed}; <name>: ${node.doc.kind.allowed}`,
        meaning: `${node.doc.meaning} ${row.meaning}`,
      }));
    case "leaf": {
      const { meaning, fallback, kind } = node.doc;
      return [
        { path: readablePath(path), default: fallback, allowed: kind.allowed, meaning, secret: kind.secret === true },
      ];
    }
  }
}

function groupRows(node: Group, path: Path): readonly OptionRow[] {
  return [...node.keys].flatMap(([key, inner]) => rowsOf(inner, [...path, key]));
}

function readablePath(path: Path): string {
  return formatPath(path).replaceAll('["<name>"]', ".<name>");
}

/** The rows as a Markdown table. */
export function renderOptionTable(rows: readonly OptionRow[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const body = rows.map(({ path, default: fallback, allowed, meaning, secret }) =>
    line([`\`${path}\``, fallback, secret ? `${allowed}; give it with --secret` : allowed, meaning]),
  );
  return [line(["option", "default", "allowed", "meaning"]), "|---|---|---|---|", ...body].join("\n");
}
