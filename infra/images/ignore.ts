/**
 * .dockerignore as the Docker command reads it: Go's filepath.Match per path part, `**` over any number of parts, `!` takes
 * back, the last matching line decides, and a match on a folder covers what is in it. Pure.
 */

export interface IgnoreRule {
  readonly takesBack: boolean;
  readonly pattern: RegExp;
}

/** Rules in the order of the file. Comments, empty lines and lines that name nothing are left out. */
export function parseIgnore(text: string): readonly IgnoreRule[] {
  const rules: IgnoreRule[] = [];
  for (const raw of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    if (raw.startsWith("#")) continue;
    const line = raw.trim();
    const takesBack = line.startsWith("!");
    const path = clean(takesBack ? line.slice(1).trim() : line);
    if (path !== "") rules.push({ takesBack, pattern: new RegExp(`^${translate(path)}$`) });
  }
  return rules;
}

/** Whether the file or folder at `path` (relative, forward slashes) stays out of the build. */
export function isIgnored(rules: readonly IgnoreRule[], path: string): boolean {
  const parts = path.split("/");
  const selfAndParents = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
  let ignored = false;
  for (const rule of rules) {
    if (rule.takesBack !== ignored) continue;
    if (selfAndParents.some((candidate) => rule.pattern.test(candidate))) ignored = !rule.takesBack;
  }
  return ignored;
}

/** Whether something below an ignored folder may be taken back, so that the folder must be walked all the same. */
export function takesAnythingBack(rules: readonly IgnoreRule[]): boolean {
  return rules.some((rule) => rule.takesBack);
}

function clean(path: string): string {
  const parts: string[] = [];
  for (const part of path.split("/")) {
    if (part === "" || part === ".") continue;
    if (part === "..") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}

function translate(path: string): string {
  let out = "";
  for (let at = 0; at < path.length; at += 1) {
    const char = path.charAt(at);
    const closing = char === "[" ? path.indexOf("]", at) : -1;
    if (path.startsWith("**", at)) {
      at += path.charAt(at + 2) === "/" ? 2 : 1;
      out += at === path.length - 1 ? ".*" : "(?:.*/)?";
    } else if (char === "*") out += "[^/]*";
    else if (char === "?") out += "[^/]";
    else if (closing > at) {
      out += path.slice(at, closing + 1).replaceAll("\\", "\\\\");
      at = closing;
    } else if (char === "\\" && at + 1 < path.length) {
      at += 1;
      out += literal(path.charAt(at));
    } else out += literal(char);
  }
  return out;
}

function literal(char: string): string {
  return /[\^$\\.*+?()[\]{}|]/.test(char) ? `\\${char}` : char;
}
