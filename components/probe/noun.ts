import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { curl: { official: "curlimages/curl:8.16.0", context: "images/curl", user: "0:0" } },
} as const satisfies Noun;
