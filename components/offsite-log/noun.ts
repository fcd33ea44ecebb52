import type { Noun } from "../nouns/spec.ts";

export const noun = {
  images: { rclone: { official: "rclone/rclone:1.71.0", context: "images/rclone", user: "0:0" } },
  // Two pieces of a base backup in memory, and the names of what is there.
  limits: { "offsite-log": { cpus: 0.5, memoryMb: 256, pids: 64 } },
  volumes: { "offsite-log-config": {} },
} as const satisfies Noun;
