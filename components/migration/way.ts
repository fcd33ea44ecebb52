import type { Journal } from "../steps/journal.ts";
import type { SchemaSpec } from "./spec.ts";

/** How the schema of the data gets to what a release wants; pure, so that every case is a line of a test. */
export type Way =
  | { readonly way: "none" }
  | { readonly way: "upgrade" }
  /** Older code on a newer schema: Alembic is not asked, it would not know the revision. */
  | { readonly way: "keep" }
  /** By the newer image, which alone knows how. */
  | { readonly way: "downgrade"; readonly image: string }
  | { readonly way: "restore"; readonly set: string };

/** How to go back when the data are newer than the image; the user's word. */
export const ways = ["code", "schema", "data"] as const;
export type BackBy = (typeof ways)[number];

export interface SchemaFacts {
  /** Undefined when nothing was ever migrated. */
  readonly current: string | undefined;
  readonly target: string;
  /** Whether the image knows the current revision; asked only where it matters. */
  readonly known: boolean;
  readonly back: BackBy | undefined;
  /** Revisions, beside the target, that the image's code can work with. */
  readonly reads: readonly string[];
  readonly canDowngrade: boolean;
  /** The image that changed the schema last, else the one that serves. */
  readonly newer: string | undefined;
  /** The wanted release is the one that serves: a later one migrated beside it, and was undone. */
  readonly serves: boolean;
  /** The set that the serving release began with. */
  readonly startedFrom: string | undefined;
}

/** The way, or why there is none and which command opens one. */
export function wayTo(facts: SchemaFacts): Way | { readonly refused: string } {
  const { current, target, known, back, reads, canDowngrade, newer, serves, startedFrom } = facts;
  if (current === target) return { way: "none" };
  if (current === undefined || known) return { way: "upgrade" };
  if (serves) return { way: "keep" };
  const newerThan = `the data are at schema revision ${current}, which this image does not know (it wants ${target})`;
  switch (back) {
    case undefined:
      return {
        refused: `${newerThan}. Release the newer image again, or say how to go back: \`pulumi config set --path slipway:rollout.back code\` (older code on the schema as it is), \`schema\` (the newer image's downgrade) or \`data\` (the backup set from before)`,
      };
    case "code":
      return reads.includes(current)
        ? { way: "keep" }
        : {
            refused: `${newerThan}, and its config does not say that its code can work with ${current}. If it can: \`pulumi config set --path 'slipway:rollout.reads[0]' ${current}\``,
          };
    case "schema":
      if (!canDowngrade)
        return { refused: `${newerThan}, and this system has no downgrade: go back by \`code\` or \`data\`` };
      return newer === undefined
        ? { refused: `${newerThan}, and no newer release serves whose image could downgrade it` }
        : { way: "downgrade", image: newer };
    case "data":
      return startedFrom === undefined
        ? { refused: `${newerThan}, and no backup set of the serving release is known: restore one by hand` }
        : { way: "restore", set: startedFrom };
    default:
      return back satisfies never;
  }
}

/** What a release wants of the schema. */
export interface SchemaWish {
  readonly data: { readonly image: string };
  readonly schema: Pick<SchemaSpec, "target" | "downgrade">;
  /** Empty when nothing was said. */
  readonly back: BackBy | "";
  readonly reads: readonly string[];
}

/** The facts as a release's inputs and the journal tell them. */
export function factsOf(
  { serving, migratedBy, startedFrom }: Pick<Journal, "serving" | "migratedBy" | "startedFrom">,
  wanted: SchemaWish,
  current: string | undefined,
  known: boolean,
): SchemaFacts {
  const { data, schema, back, reads } = wanted;
  return {
    current,
    target: schema.target,
    known,
    back: back === "" ? undefined : back,
    reads,
    canDowngrade: schema.downgrade !== undefined,
    newer: migratedBy ?? serving?.image,
    serves: serving !== undefined && serving.image === data.image && serving.revision === schema.target,
    startedFrom,
  };
}
