import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { restic: { official: "restic/restic:0.18.0", context: "images/restic", user: "0:0" } },
} as const satisfies Noun;
