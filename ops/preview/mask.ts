import { isRecord } from "../../components/options/path.ts";
import { hasSecretShape, isSecretVariable } from "../env/secrecy.ts";

/** As Pulumi writes it. */
export const masked = "[secret]";

/** Pulumi marks what is no plain value by this key, and a secret by this value of it. */
export const signature = "4dabf18193072939515e22adb298388d";
export const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownValue = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A URL with a password anywhere in a text. */
const urlWithPassword = /[a-z][a-z0-9+.-]*:\/\/[^\s/?#:]*:[^\s/?#@]+@/i;
/** NAME=value and NAME: value, as environments and files have them. */
const assignment = /\b([A-Za-z][A-Za-z0-9_.-]*)\s*[=:]\s*"?([^\s",;]+)/g;

/** A value as it may be shown: what the state calls secret, and whatever looks like one, is masked. @param name the key it stands under */
export function mask(value: unknown, name = ""): unknown {
  if (typeof value === "string") return maskText(value, name);
  if (Array.isArray(value)) return value.map((item) => mask(item, name));
  if (!isRecord(value)) return value;
  if (value[signature] === secretSignature) return masked;
  if (signature in value) return "[special]";
  // The providers' own notes (`__defaults`) say nothing to a reader.
  const entries = Object.entries(value).filter(([key]) => !key.startsWith("__"));
  // A list of names and values, as Kubernetes has variables and Docker labels: the name says what the value is.
  const named = [value["name"], value["label"]].find((one) => typeof one === "string");
  return Object.fromEntries(
    entries.map(([key, item]) => [key, mask(item, key === "value" && typeof named === "string" ? named : key)]),
  );
}

function maskText(text: string, name: string): string {
  if (text === masked || text === "" || text === unknownValue) return text === unknownValue ? "[known later]" : text;
  // A step's inputs are JSON in a text now and then: what is marked within is found all the same.
  if (text.includes(secretSignature) || hasSecretShape(text) || urlWithPassword.test(text)) return masked;
  const words = name.replaceAll(/([a-z0-9])([A-Z])/g, "$1_$2");
  if (words !== "" && !/[\s{[]/.test(text) && hasSecretWord(words)) return masked;
  return text.replaceAll(assignment, (whole, key: string, value: string) =>
    hasSecretWord(key) ? whole.replace(value, masked) : whole,
  );
}

/** By the name alone: the value of a digest or a commit is in hex too. */
function hasSecretWord(name: string): boolean {
  return isSecretVariable(name, "x") && !/public[-_.]?key/i.test(name);
}
