import type { Noun } from "../nouns/spec.ts";

export const noun = {
  // It hands on what the server writes; a base backup is compressed.
  limits: { archive: { cpus: 0.5, memoryMb: 128, pids: 64 } },
  volumes: {
    archive: { home: { type: "slipway:docker:Archive", name: "archive" } },
    "archive-config": {},
    "archive-notes": {},
  },
} as const satisfies Noun;
