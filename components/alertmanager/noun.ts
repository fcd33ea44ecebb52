import type { Noun } from "../nouns/spec.ts";

/** Its limits are a watcher's, see components/exporters/noun.ts. */
export const noun = {
  images: {
    alertmanager: { official: "prom/alertmanager:v0.28.1", context: "images/alertmanager", user: "65534:65534" },
  },
  volumes: { "alertmanager-config": {}, "alertmanager-data": {} },
} as const satisfies Noun;
