import type { Node, RangeVar } from "libpg-query";
import type { Finding } from "./finding.ts";
import type { RuleId } from "./rules.ts";

/**
 * What the statements before made: nobody reads or writes a table that the same migration created, so it can be locked and changed freely.
 * One object for a whole migration, filled in order.
 */
export interface Scope {
  readonly created: Set<string>;
  /** Views it made: one that it dropped and made again is there for every release. */
  readonly views: Set<string>;
  /** `table.column` of columns added by this migration: they hold nothing of value yet. */
  readonly addedColumns: Set<string>;
  /** Tables with a VALIDATE CONSTRAINT before: PostgreSQL then trusts the check and SET NOT NULL scans nothing. */
  readonly validated: Set<string>;
}

/** Of a migration of which nothing was read yet. */
export function newScope(): Scope {
  return { created: new Set(), views: new Set(), addedColumns: new Set(), validated: new Set() };
}

/** `table`, or `schema.table` outside `public`, so that one table has one name. */
export function nameOf(relation: RangeVar | undefined): string {
  return qualified([relation?.schemaname ?? "", relation?.relname ?? "?"]);
}

/** The same for a name given as a list of its parts. */
export function qualified(parts: readonly string[]): string {
  return parts
    .filter((part, index) => part !== "" && !(index === 0 && parts.length > 1 && part === "public"))
    .join(".");
}

/** The texts of String nodes. */
export function texts(nodes: readonly Node[] | undefined): readonly string[] {
  return (nodes ?? []).map((node) => ("String" in node ? (node.String.sval ?? "") : "")).filter((text) => text !== "");
}

/** One finding, as rules answer it. @param at the table, `table.column`, or the thing that it is about */
export function found(id: RuleId, at: string): readonly Finding[] {
  return [{ id, at }];
}
