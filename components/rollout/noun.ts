import type { Noun } from "../nouns/spec.ts";

export const noun = {
  volumes: { journal: {} },
} as const satisfies Noun;
