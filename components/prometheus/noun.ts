import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { prometheus: { official: "prom/prometheus:v3.13.5", context: "images/prometheus", user: "65534:65534" } },
  limits: { prometheus: { cpus: 0.5, memoryMb: 512, pids: 128 } },
  volumes: { "prometheus-config": {}, "prometheus-data": {} },
  outage: { prometheus: "Prometheus: a gap in the metrics" },
} as const satisfies Noun;
