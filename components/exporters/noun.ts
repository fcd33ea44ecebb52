import type { Noun } from "../nouns/spec.ts";

const nobody = "65534:65534";

/** Which of them a stack has says `slipway:watch.profile`. */
export const noun = {
  images: {
    "node-exporter": { official: "prom/node-exporter:v1.9.1", context: "images/node-exporter", user: nobody },
    "redis-exporter": {
      official: "oliver006/redis_exporter:v1.69.0-alpine",
      context: "images/redis-exporter",
      user: nobody,
    },
    "postgres-exporter": {
      official: "prometheuscommunity/postgres-exporter:v0.17.1",
      context: "images/postgres-exporter",
      user: nobody,
    },
    "blackbox-exporter": {
      official: "prom/blackbox-exporter:v0.26.0",
      context: "images/blackbox-exporter",
      user: nobody,
    },
    // Nobody else's counts a kill by its container without the kernel's log, which holds all that happens on the host.
    "container-exporter": { official: undefined, context: "images/container-exporter", user: nobody },
  },
  // Each of those that watch, Alertmanager too.
  limits: { watcher: { cpus: 0.25, memoryMb: 64, pids: 64 } },
  volumes: { "blackbox-exporter-config": {}, "postgres-exporter-config": {}, "redis-exporter-config": {} },
} as const satisfies Noun;
