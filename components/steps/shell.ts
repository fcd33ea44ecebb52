/** For the shell: everything between single quotes is itself. */
export function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** A script that ends at the first command that fails. */
export function script(...lines: readonly string[]): readonly string[] {
  return ["sh", "-euc", lines.join("\n")];
}
