/** How many letters must change to turn one word into the other (Levenshtein). */
export function distance(from: string, to: string): number {
  let above = Array.from({ length: from.length + 1 }, (_, column) => column);
  for (let row = 1; row <= to.length; row++) {
    const line = [row];
    for (let column = 1; column <= from.length; column++) {
      const replaced = (above[column - 1] ?? 0) + (from[column - 1] === to[row - 1] ? 0 : 1);
      line.push(Math.min((line[column - 1] ?? 0) + 1, (above[column] ?? 0) + 1, replaced));
    }
    above = line;
  }
  return above.at(-1) ?? 0;
}

/** The known word a mistyped one most likely means; undefined when none is near (a third of its letters, at least two). */
export function nearest(word: string, known: readonly string[]): string | undefined {
  // A key of any length may come from the user: a known one is never near such a word, and the table would be large.
  if (word.length > 64) return undefined;
  const limit = Math.max(2, Math.floor(word.length / 3));
  const ranked = known
    .map((candidate) => ({ candidate, far: distance(word.toLowerCase(), candidate.toLowerCase()) }))
    .sort((a, b) => a.far - b.far);
  const best = ranked[0];
  return best !== undefined && best.far <= limit ? best.candidate : undefined;
}
