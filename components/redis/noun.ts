import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { redis: { official: "redis:8", context: "images/redis", user: "999:999" } },
  limits: { redis: { cpus: 0.5, memoryMb: 256, pids: 64 } },
  volumes: { "redis-config": {}, "redis-data": { restored: { of: "redis", by: "files" } } },
  outage: { redis: "Redis: seconds without it" },
} as const satisfies Noun;
