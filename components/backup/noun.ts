import type { Noun } from "../nouns/spec.ts";

export const noun = {
  volumes: { backups: {} },
} as const satisfies Noun;
