/** Moments of a release, in milliseconds of one clock; undefined while they have not come. */
export interface HoldTimes {
  readonly heldAt: number | undefined;
  readonly startedAt: number | undefined;
  readonly readyAt: number | undefined;
  readonly now: number;
}

/**
 * Why users have waited longer than they were promised; undefined while they have not. The new app's own start-up is its own; stopping, backup,
 * migration and probes must fit into the allowed seconds. Pure.
 */
export function overHold({ heldAt, startedAt, readyAt, now }: HoldTimes, allowedSeconds: number): string | undefined {
  if (heldAt === undefined) return undefined;
  const startUp = startedAt === undefined ? 0 : (readyAt ?? now) - startedAt;
  const seconds = (now - heldAt - startUp) / 1000;
  return seconds <= allowedSeconds
    ? undefined
    : `requests were held ${seconds.toFixed(1)} s beside the new release's own start-up, allowed are ${allowedSeconds} s (slipway:rollout.holdSeconds)`;
}
