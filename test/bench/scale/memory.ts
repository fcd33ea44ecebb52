/** The most that this process had in memory. */
export function megabytes(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
