/** How a status is wanted. */
export interface Wish {
  readonly json: boolean;
  readonly html: string | undefined;
}

const usage = "npm run status -- [--stack NAME] [--json | --html FILE]";

/** @throws Error in words for the user */
export function statusWish(words: readonly string[]): Wish {
  const [word, file, ...more] = words;
  if (word === undefined) return { json: false, html: undefined };
  if (word === "--json" && file === undefined) return { json: true, html: undefined };
  const [option, inline] = word.startsWith("--html=") ? ["--html", word.slice("--html=".length)] : [word, undefined];
  const path = inline ?? file;
  if (
    option === "--html" &&
    path !== undefined &&
    path !== "" &&
    (inline === undefined ? more : words.slice(1)).length === 0
  )
    return { json: false, html: path };
  throw new Error(`${words.join(" ")}: allowed are --json, or --html with a file: ${usage}`);
}
