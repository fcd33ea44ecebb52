import { knownPieces } from "../steps/failure.ts";

/**
 * One regular expression of Go's for every known secret. Written without quotes, backslashes of its own and `$`, inside a string of OTTL. Undefined when
 * there is none. The engine cuts lines of over 16 kB: a secret that lies across a cut is not found.
 */
export function knownIn(secrets: readonly string[]): string | undefined {
  const known = knownPieces(secrets);
  if (known.length === 0) return undefined;
  return `(${known.map(literal).join("|")})`;
}

function literal(text: string): string {
  return [...text]
    .map((letter) => (/[A-Za-z0-9]/.test(letter) ? letter : `\\\\x{${letter.codePointAt(0)?.toString(16)}}`))
    .join("");
}
