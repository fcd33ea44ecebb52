import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: {
    "otel-collector": {
      official: "otel/opentelemetry-collector-contrib:0.130.0",
      context: "images/otel-collector",
      user: "10001:10001",
    },
  },
  // It holds what a receiver that is away has not taken yet.
  limits: { shipper: { cpus: 0.25, memoryMb: 192, pids: 64 } },
  volumes: { "log-shipper-config": {} },
} as const satisfies Noun;
