import type { Noun } from "../nouns/spec.ts";

export const noun = {
  volumes: { trust: {} },
} as const satisfies Noun;
