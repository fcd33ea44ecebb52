import type { Noun } from "../nouns/spec.ts";

/** Caddy. */
export const noun = {
  images: { caddy: { official: "caddy:2", context: "images/caddy", user: "0:0" } },
  limits: { edge: { cpus: 1, memoryMb: 256, pids: 128 } },
  volumes: { "edge-config": {}, "edge-data": { home: { type: "slipway:docker:Edge", name: "edge" } }, "edge-run": {} },
  outage: { edge: "the edge: seconds without https, for every stack that shares it" },
} as const satisfies Noun;
