import type { Directory } from "../../../components/backup/directories.ts";
import type { KnownSet } from "../../../components/backup/manifest.ts";
import type { ImportPlan } from "./plan.ts";

/** A set with what its user must know before it is restored. */
export interface BroughtSet {
  readonly set: KnownSet;
  readonly notes: readonly string[];
}

/** @param directories of the system */
export function broughtNotes(
  { manifest }: Pick<KnownSet, "manifest">,
  { places, directories: brought }: Pick<ImportPlan, "places" | "directories">,
  directories: readonly Directory[],
): readonly string[] {
  const paths = [...places.keys()].map(({ path }) => path).join(", ");
  const missing = directories.map(({ name }) => name).filter((name) => !brought.includes(name));
  return [
    `It is made of ${paths}; its time is the one that the database's file has.`,
    ...(missing.length === 0 ? [] : [`Not in what was given, and left as now: ${missing.join(", ")}.`]),
    ...(manifest?.revision === undefined
      ? ["It tells no schema revision: `up` migrates it from the beginning, and when that fails all goes back."]
      : [`Its schema is at revision ${manifest.revision}.`]),
  ];
}

/** @param name of the set where it is from */
export function lentNotes(name: string, from: string, to: string): readonly string[] {
  return [
    `It is ${name} of stack ${from}, whose users' data it holds.`,
    `Secrets stay those of ${to}: what the product encrypted or signed with others cannot be read with them.`,
  ];
}
