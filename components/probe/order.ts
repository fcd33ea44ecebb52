import type { Probe } from "./spec.ts";

/** Probes in the order they run: what tells first, what cleans up last. */
export function inOrder(probes: readonly Probe[]): readonly Probe[] {
  return [...probes.filter(({ cleanup }) => cleanup !== true), ...probes.filter(({ cleanup }) => cleanup === true)];
}
