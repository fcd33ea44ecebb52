import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Document, parseDocument } from "yaml";

export const checkout = join(import.meta.dirname, "..");

/** Path of the stack's config file, which need not exist. */
export function stackFile(stack: string): string {
  return join(checkout, `Pulumi.${stack}.yaml`);
}

/** The text of a stack's config file; undefined when there is none. */
export function readStackFile(stack: string): Promise<string | undefined> {
  return readFile(stackFile(stack), "utf8").catch(() => undefined);
}

/** The text of a stack's config file with one plain value set; comments and all else stay. @param value as YAML keeps it: a list is one */
export function withValue(text: string, path: readonly string[], value: unknown): string {
  const document = parseDocument(text);
  document.setIn(["config", ...configPath(path)], value);
  return fileText(document);
}

/** What YAML 1.1, which Pulumi reads, takes for the end of a line, and YAML 1.2, which is written here, does not. */
const oldLineEnds = /[\u0085\u2028\u2029]/g;

/** A stack's file as text, lines as long as they are. */
export function fileText(document: Pick<Document, "toString">): string {
  const text = document.toString({ lineWidth: 0 });
  if (text.search(oldLineEnds) < 0) return text;
  const quoted = document.toString({ lineWidth: 0, defaultStringType: "QUOTE_DOUBLE", defaultKeyType: "PLAIN" });
  return quoted.replace(oldLineEnds, (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

/** The text without that value. */
export function withoutValue(text: string, path: readonly string[]): string {
  const document = parseDocument(text);
  const at = ["config", ...configPath(path)];
  return document.hasIn(at) && document.deleteIn(at) ? document.toString({ lineWidth: 0 }) : text;
}

/** A value of the config, as YAML has it: a secret is still encrypted, in a map. @param path below `slipway:` */
export function valueAt(text: string, path: readonly string[]): unknown {
  return parseDocument(text).getIn(["config", ...configPath(path)]);
}

/** A new stack begins as a copy of `local`: same options, none of its encrypted values, no salt of another passphrase. */
export function newStackFile(template: string): string {
  const document = parseDocument(template);
  document.delete("encryptionsalt");
  document.delete("secretsprovider");
  document.delete("encryptedkey");
  return document.toString({ lineWidth: 0 });
}

/** The salt of the passphrase that the file's secrets are encrypted with; undefined where another provider does that, or nothing is encrypted. */
export function salt(text: string): string | undefined {
  const found = parseDocument(text).get("encryptionsalt");
  return typeof found === "string" ? found : undefined;
}

/** The secrets provider that a stack's file names (awskms://...); undefined: the backend's own. */
export function secretsProvider(text: string): string | undefined {
  const found = parseDocument(text).get("secretsprovider");
  return typeof found === "string" ? found : undefined;
}

/** A salt of somebody else's passphrase protects nothing when no value is encrypted with it. */
export function withoutUselessSalt(text: string): string {
  if (/\bsecure:/.test(text)) return text;
  const document = parseDocument(text);
  return document.delete("encryptionsalt") ? document.toString({ lineWidth: 0 }) : text;
}

/** `["edge", "httpsPort"]` is the key `httpsPort` of the object `slipway:edge`. */
function configPath([first = "", ...rest]: readonly string[]): readonly string[] {
  return [`slipway:${first}`, ...rest];
}
