import type { FoundEdge } from "../../components/edge/share.ts";
import { namespace } from "../../components/options/path.ts";
import { type Finding, type Secrecy, show } from "./finding.ts";
import type { Group } from "./schema-tree.ts";
import type { SystemOptions } from "./system-options.ts";

/** A stack's config as Pulumi hands it to the program. */
export interface RawConfig extends Secrecy {
  readonly project: string;
  readonly stack: string;
  /** The options of the user's own system, when the config names its file. */
  readonly own?: SystemOptions;
  /** The edge of another stack that the config names. */
  readonly shared?: FoundEdge;
  /** By full key (`slipway:edge`); objects as JSON, the rest as plain text. Keys of other namespaces are passed over. */
  readonly values: Readonly<Record<string, string>>;
}

/** The values as one tree, and what is no JSON where an object belongs. */
export function treeOfValues(
  raw: RawConfig,
  root: Group,
): { readonly tree: unknown; readonly findings: readonly Finding[] } {
  const prefix = `${namespace}:`;
  const entries = Object.entries(raw.values)
    .filter(([key]) => key.startsWith(prefix))
    .map(([key, text]) => readEntry(raw, root, key.slice(prefix.length), text));
  return {
    tree: Object.fromEntries(entries.flatMap(({ key, value }) => (value === undefined ? [] : [[key, value]]))),
    findings: entries.flatMap(({ finding }) => (finding === undefined ? [] : [finding])),
  };
}

interface Entry {
  readonly key: string;
  readonly value?: unknown;
  readonly finding?: Finding;
}

function readEntry(raw: RawConfig, root: Group, key: string, text: string): Entry {
  const node = root.keys.get(key);
  // A leaf and an unknown key are taken as they are; an empty section arrives as an empty text.
  if (node === undefined || node.kind === "leaf") return { key, value: text };
  if (text === "") return { key };
  try {
    return { key, value: JSON.parse(text) };
  } catch (error) {
    // JSON.parse throws nothing else; its message quotes the text, which may be a secret.
    if (!(error instanceof SyntaxError)) throw error;
    const names = node.kind === "group" ? ` with the keys ${[...node.keys.keys()].join(", ")}` : "";
    const allowed = `an object${names}; this text is no JSON`;
    return {
      key,
      finding: { path: [key], value: show(raw, [key], text, node), allowed, mends: [{ do: "remove", path: [key] }] },
    };
  }
}
