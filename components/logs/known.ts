/**
 * One regular expression of Go's for every known secret, longest first, so that no part of one stays, and one of several lines by each of them; as
 * `redact` of components/steps/failure.ts does it. Written without quotes, backslashes of its own and `$`, inside a string of OTTL. Undefined when
 * there is none. The engine cuts lines of over 16 kB: a secret that lies across a cut is not found.
 */
export function knownIn(secrets: readonly string[]): string | undefined {
  const pieces = secrets.flatMap((secret) => [secret, ...secret.split("\n").map((line) => line.trim())]);
  const known = [...new Set(pieces)].filter((piece) => piece.length >= 4).sort((a, b) => b.length - a.length);
  if (known.length === 0) return undefined;
  return `(${known.map(literal).join("|")})`;
}

function literal(text: string): string {
  return [...text]
    .map((letter) => (/[A-Za-z0-9]/.test(letter) ? letter : `\\\\x{${letter.codePointAt(0)?.toString(16)}}`))
    .join("");
}
