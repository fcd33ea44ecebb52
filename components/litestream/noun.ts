import type { Noun } from "../nouns/spec.ts";

/** Its limits and volumes are the archive's, whose duty it does for SQLite: components/archive/noun.ts. */
export const noun = {
  images: { litestream: { official: "litestream/litestream:0.5.9", context: "images/litestream", user: "1000:1000" } },
} as const satisfies Noun;
