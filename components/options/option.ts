import { z } from "zod";

/** A kind of value: how it is checked, the words for what is allowed, and a value that is. */
export interface Kind<T> {
  readonly schema: z.ZodType<T>;
  /** Completes "allowed: ..."; the same words stand in the README's table. */
  readonly allowed: string;
  /** A valid input; stands in for a broken value so that the other rules can still be checked. */
  readonly example: unknown;
  /** Shown in the mending command instead of the example when only the user can know the value; itself refused as a placeholder. */
  readonly ask?: string;
  readonly secret?: true;
  /** A command that prints a good value, for secrets: it goes through a pipe and so never onto a command line. */
  readonly generate?: string;
  /** What an item of a list must be. */
  readonly item?: Kind<unknown>;
}

/** What the schema knows about an option beside its type: the errors, the mending commands and the README all read it here. */
export interface OptionDoc {
  readonly meaning: string;
  readonly kind: Kind<unknown>;
  /** The README's "default" column. */
  readonly fallback: string;
}

// Not zod's own registry: its types rewrite the doc's, without an end where the doc holds a schema.
const docs = new WeakMap<z.core.$ZodType, OptionDoc>();

/** What `required`, `optional`, `withDefault` or `mapOf` was told of an option; undefined for a schema that none of them made. */
export function docOf(schema: z.core.$ZodType): OptionDoc | undefined {
  return docs.get(schema);
}

function documented<S extends z.ZodType>(schema: S, doc: OptionDoc): S {
  docs.set(schema, doc);
  return schema;
}

/** An option that the user must set. */
export function required<T>(meaning: string, kind: Kind<T>): z.ZodType<T> {
  // A clone, because one kind serves several options and each has its own doc.
  return documented(z.clone(kind.schema), { meaning, kind, fallback: "required" });
}

/** An option that may be absent; `absent` says what holds then. */
export function optional<T>(meaning: string, kind: Kind<T>, absent: string): z.ZodOptional<z.ZodType<T>> {
  return documented(z.optional(kind.schema), { meaning, kind, fallback: absent });
}

/** An option with a default that is safe on every stack. */
export function withDefault<T extends string | number | boolean>(
  meaning: string,
  kind: Kind<T>,
  value: NoInfer<T>,
): z.ZodDefault<z.ZodType<T>> {
  return documented(
    z._default(kind.schema, () => value),
    { meaning, kind, fallback: String(value) },
  );
}

/** Values by a name the user chooses; empty by default. */
export function mapOf<S extends z.ZodType>(meaning: string, names: Kind<string>, value: S) {
  const schema = z.record(z.string(), value).default({});
  return documented(schema, { meaning, kind: names, fallback: "{}" });
}

/** A level of the config: only these keys. */
export function section<S extends z.ZodRawShape>(shape: S): z.ZodObject<S, z.core.$strict> {
  return z.strictObject(shape);
}
