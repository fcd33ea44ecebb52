import type { KnownSet } from "../../components/backup/manifest.ts";
import { bytes, span as spanOf } from "../status/words.ts";
import { tableLines } from "../table.ts";

/** `42 s`, `5 min`, `3 h`, `9 days`: how long ago, in what a person counts in. */
export function span(milliseconds: number): string {
  return spanOf(Math.max(0, Math.round(milliseconds / 1000)));
}

/** The rows of all tables together: for a reader to see that a set is not empty. */
export function rowCount(rows: Readonly<Record<string, number>>): number {
  return Object.values(rows).reduce((sum, each) => sum + each, 0);
}

/** A set, and where it is. */
export interface PlacedSet extends KnownSet {
  readonly where: "host" | "host, copy" | "copy";
}

/** A line each, oldest first. */
export function renderSets(sets: readonly PlacedSet[], stack: string, now: Date): string {
  if (sets.length === 0) return `stack ${stack} has no backup set; \`npm run backup -- --stack ${stack}\` takes one`;
  const header = ["set", "complete since", "age", "where", "size", "rows", "holds"];
  const lines = sets.map((set) => {
    const { name, ended, where } = set;
    const known = [name, ended.toISOString(), span(now.getTime() - ended.getTime()), where];
    return where === "copy" ? [...known, "", "", ""] : [...known, ...contentOf(set)];
  });
  return tableLines([header, ...lines]).join("\n");
}

function contentOf({ kilobytes, manifest }: KnownSet): readonly string[] {
  if (manifest === undefined) return [bytes(kilobytes * 1024), "not counted", "database, directories"];
  return [bytes(kilobytes * 1024), String(rowCount(manifest.rows)), held(manifest)];
}

function held({ stores, oneMoment }: NonNullable<KnownSet["manifest"]>): string {
  const parts = ["database", "directories", ...stores, "state"].join(", ");
  return oneMoment ? parts : `${parts} (not of one moment)`;
}
