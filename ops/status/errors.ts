import { plain } from "./words.ts";

const keptLines = 3;
const longest = 300;

/** Structured lines: a level of their own, as a word or pino's number; a name in any case. */
const level =
  /(?:^|[\s{,"[(])"?(?:level|severity|levelname|lvl)"?\s*[=:]\s*"?(?:err(?:or)?|crit(?:ical)?|fatal|panic|emerg|alert|[56]0)\b/i;
/** Plain ones: the word in capitals, as loggers write it, HAProxy's and nginx' brackets, PostgreSQL's and Python's first words. */
const word = /\b(?:ERROR|CRITICAL|FATAL|PANIC)\b|\[(?:ALERT|EMERG|error|crit)\]|^Traceback \(most recent call last\)/;

/** Whether a line of a log tells of an error, whatever wrote it. */
export function isError(line: string): boolean {
  return level.test(line) || word.test(line);
}

/** Cut after it was redacted: half of a secret would be known to nobody. */
export function shortened(line: string): string {
  const text = plain(line);
  return text.length > longest ? `${text.slice(0, longest)}...` : text;
}

/** How many lines tell of an error, and the last of them. */
export function lastErrors(lines: readonly string[]): { readonly count: number; readonly last: readonly string[] } {
  const found = lines.filter(isError);
  return { count: found.length, last: found.slice(-keptLines) };
}
