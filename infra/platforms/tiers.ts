import type { Limits } from "../../components/container/spec.ts";
import type { Tier } from "../../components/options/tier.ts";

/** What the parts beside the app may use, small tier: with the app's 2 GB they fit the guide's host of 4 GB; Ollama in a container wants 2 GB more. */
const small = {
  redis: { cpus: 0.5, memoryMb: 256, pids: 64 },
  postgres: { cpus: 1, memoryMb: 1024, pids: 256 },
  // It hands on what the server writes; a base backup is compressed.
  archive: { cpus: 0.5, memoryMb: 128, pids: 64 },
  // Two pieces of a base backup in memory, and the names of what is there.
  "offsite-log": { cpus: 0.5, memoryMb: 256, pids: 64 },
  chroma: { cpus: 0.5, memoryMb: 512, pids: 128 },
  // multilingual-e5-large takes 1.1 GB (guide 001, "Ollama Setup"), and what it computes with.
  ollama: { cpus: 1, memoryMb: 2048, pids: 256 },
  prometheus: { cpus: 0.5, memoryMb: 512, pids: 128 },
  // One of those that watch: node exporter, those of Redis and PostgreSQL, blackbox exporter, Alertmanager.
  watcher: { cpus: 0.25, memoryMb: 64, pids: 64 },
  // It holds what a receiver that is away has not taken yet.
  shipper: { cpus: 0.25, memoryMb: 192, pids: 64 },
  switch: { cpus: 1, memoryMb: 128, pids: 64 },
  // nftables takes 4 MB while it loads the rules.
  firewall: { cpus: 0.25, memoryMb: 32, pids: 32 },
  edge: { cpus: 1, memoryMb: 256, pids: 128 },
} as const satisfies Record<string, Limits>;

const factor: Record<Tier, number> = { small: 1, medium: 2, large: 4 };

export function partLimits(part: keyof typeof small, tier: Tier): Limits {
  const { cpus, memoryMb, pids } = small[part];
  return { cpus: cpus * factor[tier], memoryMb: memoryMb * factor[tier], pids: pids * factor[tier] };
}
