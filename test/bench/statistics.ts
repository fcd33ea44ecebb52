/** What a number of runs of one thing took, in seconds. */
export interface Timing {
  readonly runs: number;
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

/** @throws Error when nothing was measured: a bench without runs has no number to tell */
export function timing(seconds: readonly number[]): Timing {
  const sorted = [...seconds].sort((a, b) => a - b);
  const at = (index: number) => sorted[index] ?? Number.NaN;
  if (sorted.length === 0 || sorted.some((each) => !Number.isFinite(each) || each < 0))
    throw new Error(`no timing from ${JSON.stringify(seconds)}: every run must have taken a number of seconds`);
  const middle = (sorted.length - 1) / 2;
  return {
    runs: sorted.length,
    min: at(0),
    median: (at(Math.floor(middle)) + at(Math.ceil(middle))) / 2,
    max: at(sorted.length - 1),
  };
}

/** Two decimals: the noise of a shared machine is larger than a hundredth. */
export function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
