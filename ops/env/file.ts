/** One variable of a .env file. */
export interface EnvLine {
  readonly name: string;
  readonly value: string;
  /** Of its first letter; the first of a file is 1. */
  readonly line: number;
  /** In single quotes: nothing in it means anything but itself. */
  readonly literal: boolean;
}

/** What a .env file says, and the lines that say nothing: of these the number alone, for a line may hold a secret. */
export interface EnvFile {
  readonly variables: readonly EnvLine[];
  readonly problems: readonly { readonly line: number; readonly why: string }[];
}

const assignment = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)[ \t]*=/;

/**
 * Reads what the guides call `.env`: comments, also behind a value; `export `; single quotes (as it stands) and double quotes (with `\n`, `\"`),
 * both over several lines; CRLF; a byte order mark. JSON is a value like any other, its own quotes included. Nothing is put in for `$NAME`.
 */
export function parseEnvFile(text: string): EnvFile {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const variables: EnvLine[] = [];
  const problems: { line: number; why: string }[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (/^[ \t]*(#|$)/.test(line)) continue;
    const found = assignment.exec(line);
    if (found === null) {
      problems.push({ line: at + 1, why: "is no NAME=value" });
      continue;
    }
    const given = readValue(line.slice(found[0].length), lines.slice(at + 1));
    if ("why" in given) problems.push({ line: at + 1, why: given.why });
    else {
      variables.push({ name: found[1] ?? "", value: given.value, line: at + 1, literal: given.literal });
      at += given.more;
    }
  }
  return { variables, problems };
}

type Value = { readonly value: string; readonly literal: boolean; readonly more: number } | { readonly why: string };

/** @param first what follows the equals sign @param below the lines that a value in quotes may go on in */
function readValue(first: string, below: readonly string[]): Value {
  const trimmed = first.trimStart();
  const quote = trimmed[0];
  if (quote !== "'" && quote !== '"') return { value: withoutComment(first), literal: false, more: 0 };
  const whole = [trimmed, ...below].join("\n");
  const end = endOfQuote(whole, quote);
  if (end < 0) return { why: `has a ${quote} that nothing closes` };
  const after = whole.slice(end + 1).split("\n", 1)[0] ?? "";
  if (!/^[ \t]*(#.*)?$/.test(after)) return { why: `has something behind the closing ${quote}` };
  const inside = whole.slice(1, end);
  return {
    value: quote === "'" ? inside : unescaped(inside),
    literal: quote === "'",
    more: inside.split("\n").length - 1,
  };
}

function endOfQuote(text: string, quote: string): number {
  for (let at = 1; at < text.length; at += 1) {
    if (text[at] === quote) return at;
    if (quote === '"' && text[at] === "\\") at += 1;
  }
  return -1;
}

const escapes: Readonly<Record<string, string>> = { n: "\n", r: "\r", t: "\t" };

function unescaped(text: string): string {
  return text.replace(/\\([nrt"\\$])/g, (_, letter: string) => escapes[letter] ?? letter);
}

/** A comment begins with a # behind a blank, as in Compose; inside the quotes of JSON it is a letter like any other. */
function withoutComment(text: string): string {
  const isJson = /^[ \t]*[[{]/.test(text);
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    if (isJson && text[at] === '"' && text[at - 1] !== "\\") quoted = !quoted;
    if (!quoted && text[at] === "#" && /[ \t]/.test(text[at - 1] ?? "")) return text.slice(0, at).trim();
  }
  return text.trim();
}
