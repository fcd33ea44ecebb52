/** A time as names of sets and base backups have it, `20261128T201716Z`: to the second, in UTC, so that the newest sorts last. */
export function stampOf(time: Date): string {
  return time.toISOString().replace(/[-:]|\.\d+/g, "");
}
