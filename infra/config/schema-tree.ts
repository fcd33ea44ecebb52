import { z } from "zod";
import { docOf, type OptionDoc } from "../../components/options/option.ts";
import type { Path } from "../../components/options/path.ts";

/** The schema as a tree that can be walked beside a value: what zod checks, without the wrappers. */
export type Node = Group | Names | Leaf;

export interface Group {
  readonly kind: "group";
  readonly optional: boolean;
  readonly keys: ReadonlyMap<string, Node>;
}

/** A record whose names the user chooses; its doc speaks of the names. */
export interface Names {
  readonly kind: "names";
  readonly doc: OptionDoc;
  readonly value: Node;
}

export interface Leaf {
  readonly kind: "leaf";
  readonly doc: OptionDoc;
}

/**
 * The options of a schema as a tree, which the README's table, mending commands and `env:import` walk.
 * @throws Error for an option without a doc, which is a fault of the schema
 */
export function treeOf(schema: z.core.$ZodType): Node {
  const doc = docOf(schema);
  const bare = unwrap(schema);
  if (bare instanceof z.ZodObject) {
    const keys = Object.entries<z.core.$ZodType>(bare.shape).map(([key, value]) => [key, treeOf(value)] as const);
    return { kind: "group", optional: bare !== schema, keys: new Map(keys) };
  }
  if (doc === undefined)
    throw new Error("an option of the config schema has no doc: make it with required, optional, withDefault or mapOf");
  if (bare instanceof z.ZodRecord) return { kind: "names", doc, value: treeOf(bare.valueType) };
  return { kind: "leaf", doc };
}

function unwrap(schema: z.core.$ZodType): z.core.$ZodType {
  return schema instanceof z.ZodOptional || schema instanceof z.ZodDefault ? unwrap(schema.def.innerType) : schema;
}

/** The deepest node on the way to a path: for an item of a list, the list's. */
export function nodeAt(root: Node, path: Path): Node {
  const [step, ...rest] = path;
  if (step === undefined || root.kind === "leaf") return root;
  const next = root.kind === "names" ? root.value : root.keys.get(String(step));
  return next === undefined ? root : nodeAt(next, rest);
}

/** A secret's node or one that has a secret somewhere below it: what stands there is never shown. */
export function holdsSecret(node: Node): boolean {
  switch (node.kind) {
    case "group":
      return [...node.keys.values()].some(holdsSecret);
    case "names":
      return holdsSecret(node.value);
    case "leaf":
      return node.doc.kind.secret === true;
  }
}
