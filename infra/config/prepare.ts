import type { Kind } from "../../components/options/option.ts";
import { isRecord, type Path } from "../../components/options/path.ts";
import { isPlaceholder } from "../../components/options/placeholder.ts";
import { type Finding, hidden, isEncrypted, type Secrecy, show } from "./finding.ts";
import type { Mend } from "./mend.ts";
import { nearest } from "./nearest.ts";
import { type Reference, referenceIn } from "./reference.ts";
import type { Group, Leaf, Names, Node } from "./schema-tree.ts";

/** A value made ready for zod: unknown keys out, missing sections in, placeholders replaced by a valid value. */
export interface Prepared {
  readonly value: unknown;
  readonly findings: readonly Finding[];
}

/** Walks a value beside the schema and finds what zod cannot say well: unknown keys, placeholders, secrets in clear. */
export function prepare(node: Node, value: unknown, path: Path, secrecy: Secrecy): Prepared {
  switch (node.kind) {
    case "group":
      return prepareGroup(node, value, path, secrecy);
    case "names":
      return prepareNames(node, value, path, secrecy);
    case "leaf":
      return prepareLeaf(node, value, path, secrecy);
  }
}

function prepareGroup(node: Group, value: unknown, path: Path, secrecy: Secrecy): Prepared {
  if (value === undefined && node.optional) return { value: undefined, findings: [] };
  const known = [...node.keys.keys()];
  // A section whose every line is a comment arrives as null.
  const given = value ?? {};
  if (!isRecord(given)) {
    const wrong = notAnObject(node, given, path, secrecy, `an object with the keys ${known.join(", ")}`);
    const rest = node.optional ? { value: undefined, findings: [] } : prepareGroup(node, {}, path, secrecy);
    return { value: rest.value, findings: [wrong, ...rest.findings] };
  }
  const parts = known.map((key) => {
    const inner = Object.hasOwn(given, key) ? given[key] : undefined;
    return [key, prepare(node.keys.get(key) ?? node, inner, [...path, key], secrecy)] as const;
  });
  const unknown = Object.keys(given).filter((key) => !node.keys.has(key));
  return {
    value: Object.fromEntries(parts.flatMap(([key, part]) => (part.value === undefined ? [] : [[key, part.value]]))),
    findings: [
      ...unknown.map((key) => unknownKey(node, key, given[key], path, secrecy)),
      ...parts.flatMap(([, part]) => part.findings),
    ],
  };
}

function prepareNames(node: Names, value: unknown, path: Path, secrecy: Secrecy): Prepared {
  const given = value ?? {};
  const { kind } = node.doc;
  if (!isRecord(given)) {
    return {
      value: {},
      findings: [notAnObject(node, given, path, secrecy, `an object whose keys are each ${kind.allowed}`)],
    };
  }
  const good = (name: string) => kind.schema.safeParse(name).success && !isPlaceholder(name);
  const names = Object.keys(given);
  const parts = names
    .filter(good)
    .map((name) => [name, prepare(node.value, given[name], [...path, name], secrecy)] as const);
  const bad = names
    .filter((name) => !good(name))
    .map((name) => {
      const at = [...path, name];
      return {
        path: at,
        value: `the key ${JSON.stringify(name)}`,
        allowed: kind.allowed,
        mends: [{ do: "remove", path: at }],
      } as const;
    });
  return {
    value: Object.fromEntries(parts.map(([name, part]) => [name, part.value])),
    findings: [...bad, ...parts.flatMap(([, part]) => part.findings)],
  };
}

function prepareLeaf(node: Leaf, value: unknown, path: Path, secrecy: Secrecy): Prepared {
  const { kind } = node.doc;
  if (Array.isArray(value) && kind.item !== undefined) return prepareItems(node, value, kind.item, path, secrecy);
  if (typeof value === "string" && isPlaceholder(value)) {
    return { value: kind.example, findings: [placeholder(node, kind, value, path, secrecy)] };
  }
  const reference = kind.secret ? referenceIn(value) : undefined;
  if (reference !== undefined) return prepareReference(kind, reference, path, secrecy);
  if (kind.secret && value !== undefined && !isEncrypted(secrecy, path, value)) {
    const allowed =
      "a value given with --secret; this one stands in clear: a key that was ever shared must be a new one";
    return { value: kind.example, findings: [{ path, value: hidden, allowed, mends: [{ do: "set", path, kind }] }] };
  }
  return { value, findings: [] };
}

/** What it leads to is judged like a value that stands here. */
function prepareReference(kind: Kind<unknown>, reference: Reference, path: Path, { lookUp }: Secrecy): Prepared {
  const found = lookUp?.(reference) ?? { why: "references are not followed here" };
  if ("value" in found && !isPlaceholder(found.value)) return { value: found.value, findings: [] };
  const why = "why" in found ? found.why : "what it leads to is a placeholder";
  const value = "fromEnv" in reference ? `from the variable ${reference.fromEnv}` : "from a command";
  const finding = { path, value, allowed: `${kind.allowed}; ${why}`, mends: [{ do: "set", path, kind }] } as const;
  return { value: kind.example, findings: [finding] };
}

function prepareItems(
  node: Leaf,
  items: readonly unknown[],
  kind: Kind<unknown>,
  path: Path,
  secrecy: Secrecy,
): Prepared {
  const parts = items.map((item, place) =>
    typeof item === "string" && isPlaceholder(item)
      ? { value: kind.example, findings: [placeholder(node, kind, item, [...path, place], secrecy)] }
      : { value: item, findings: [] },
  );
  return { value: parts.map((part) => part.value), findings: parts.flatMap((part) => part.findings) };
}

function placeholder(node: Leaf, kind: Kind<unknown>, value: string, path: Path, secrecy: Secrecy): Finding {
  const allowed = `${kind.allowed}; this is a placeholder to be replaced`;
  return { path, value: show(secrecy, path, value, node), allowed, mends: [{ do: "set", path, kind }] };
}

function notAnObject(node: Node, value: unknown, path: Path, secrecy: Secrecy, allowed: string): Finding {
  return { path, value: show(secrecy, path, value, node), allowed, mends: [{ do: "remove", path }] };
}

function unknownKey(node: Group, key: string, value: unknown, parent: Path, secrecy: Secrecy): Finding {
  const path = [...parent, key];
  const known = [...node.keys.keys()];
  const near = nearest(key, known);
  const meant = near === undefined ? undefined : node.keys.get(near);
  // An unknown key may be a mistyped secret: its value is shown only where the nearest option is none.
  const shown = meant === undefined ? "(not shown: the key is unknown)" : show(secrecy, path, value, meant);
  const move: readonly Mend[] =
    near !== undefined && meant?.kind === "leaf" && typeof value !== "object" && shown !== hidden
      ? [{ do: "set", path: [...parent, near], kind: meant.doc.kind, value }]
      : [];
  const allowed = near === undefined ? `one of ${known.join(", ")}` : `${near} is the nearest of ${known.join(", ")}`;
  return { path, value: shown, allowed, mends: [{ do: "remove", path }, ...move] };
}
