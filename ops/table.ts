/** A table's lines: columns of equal width, two spaces between them, nothing behind the last. @param widest a longer cell stands out. Default: none */
export function tableLines(rows: readonly (readonly string[])[], widest = Number.POSITIVE_INFINITY): readonly string[] {
  const columns = Math.max(0, ...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, place) =>
    Math.min(widest, Math.max(...rows.map((row) => (row[place] ?? "").length))),
  );
  return rows.map((row) =>
    row
      .map((cell, place) => cell.padEnd(widths[place] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
