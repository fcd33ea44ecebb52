import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { postgres: { official: "pgvector/pgvector:pg17", context: "images/postgres", user: "999:999" } },
  limits: { postgres: { cpus: 1, memoryMb: 1024, pids: 256 } },
  volumes: { "postgres-config": {}, "postgres-data": { restored: { of: "postgres", by: "dump" } } },
  outage: { postgres: "PostgreSQL: the app is without its database for seconds" },
} as const satisfies Noun;
