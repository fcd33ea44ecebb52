import type { Noun } from "../nouns/spec.ts";

/** HAProxy. */
export const noun = {
  images: { haproxy: { official: "haproxy:3.0", context: "images/haproxy", user: "99:99" } },
  limits: { switch: { cpus: 1, memoryMb: 128, pids: 64 } },
  volumes: { run: {}, "switch-config": {} },
  outage: { switch: "the switch: open connections end" },
} as const satisfies Noun;
