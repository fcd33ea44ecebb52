/** What the analyses compute. Pure. */
const wordsOf = (text) => text.toLowerCase().match(/[\p{L}\p{N}_]{3,}/gu) ?? [];

/** Words that two texts or more have in common, the most common first, at most 20. */
export function patternsIn(texts) {
  const counts = new Map();
  for (const text of texts) for (const word of new Set(wordsOf(text))) counts.set(word, (counts.get(word) ?? 0) + 1);
  return [...counts]
    .filter(([, count]) => count > 1)
    .sort(([a, many], [b, more]) => more - many || (a < b ? -1 : 1))
    .slice(0, 20)
    .map(([word, count]) => ({ word, count }));
}

export function codeFindings(source) {
  const lines = source.split("\n");
  const matching = (pattern) => lines.filter((line) => pattern.test(line)).length;
  return {
    lines: lines.length,
    blank: matching(/^\s*$/),
    functions: source.match(/\bfunction\b|=>|\bdef\b/g)?.length ?? 0,
    imports: matching(/^\s*(import|from|const .*require\()/),
    todos: matching(/\b(TODO|FIXME)\b/),
  };
}

/** McCabe's number: one, and one for each place where the way parts. */
export function complexityOf(source) {
  return 1 + (source.match(/\b(if|for|while|case|catch|elif|except)\b|&&|\|\||\?(?![.?])/g)?.length ?? 0);
}
