import type { Probe } from "./spec.ts";

/** Probes in the order they run: what tells first, what cleans up last. */
export function inOrder<P extends Probe>(probes: readonly P[]): readonly P[] {
  return [...probes.filter(({ cleanup }) => cleanup !== true), ...probes.filter(({ cleanup }) => cleanup === true)];
}
