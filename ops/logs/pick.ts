import type { LogLine } from "./frames.ts";

/** A line with the container that printed it. */
export interface From extends LogLine {
  readonly container: string;
}

/** What becomes of each line: secrets out first, so that none can be found by an expression. */
export interface Filter {
  readonly redacted: (text: string) => string;
  readonly grep: RegExp | undefined;
}

/** The line as it is shown; undefined when it is not wanted. Pure. */
export function shown<T extends LogLine>(line: T, { redacted, grep }: Filter): T | undefined {
  const clean = { ...line, text: redacted(line.text) };
  return grep === undefined || grep.test(clean.text) ? clean : undefined;
}

/** The wanted lines of several containers as one log, by their times, the last ones of it. Pure. */
export function merged(logs: readonly (readonly From[])[], filter: Filter, tail: number | undefined): readonly From[] {
  const lines = logs.flat().flatMap((line) => shown(line, filter) ?? []);
  const inOrder = lines.sort((a, b) => (a.at < b.at ? -1 : a.at > b.at ? 1 : 0));
  return tail === undefined ? inOrder : tail === 0 ? [] : inOrder.slice(-tail);
}
