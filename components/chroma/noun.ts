import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { chroma: { official: "chromadb/chroma:1.5.9", context: "images/chroma", user: "1000:1000" } },
  limits: { chroma: { cpus: 0.5, memoryMb: 512, pids: 128 } },
  volumes: {
    "chroma-data": {
      home: { type: "slipway:docker:Chroma", name: "chroma" },
      restored: { of: "chroma", by: "files" },
    },
  },
  outage: { chroma: "Chroma: seconds without search by meaning" },
  beside: {
    title: "Chroma",
    port: 8000,
    healthPath: "/api/v2/heartbeat",
    unmanaged: "Chroma keeps its vectors on a volume, and a task has none that stays",
  },
} as const satisfies Noun;
