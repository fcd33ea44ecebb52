import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { ollama: { official: "ollama/ollama:0.12.6", context: "images/ollama", user: "1000:1000" } },
  // multilingual-e5-large takes 1.1 GB (guide 001, "Ollama Setup"), and what it computes with.
  limits: { ollama: { cpus: 1, memoryMb: 2048, pids: 256 } },
  volumes: { "ollama-data": { home: { type: "slipway:docker:Ollama", name: "ollama" } } },
} as const satisfies Noun;
