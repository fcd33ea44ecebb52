import { z } from "zod";
import type { Kind } from "./option.ts";
import { Secret } from "./secret.ts";

/** `pulumi config set --path` turns digits into numbers, and `true` into a boolean: a text option means the letters. */
function asText(value: unknown): unknown {
  return typeof value === "boolean" || Number.isSafeInteger(value) ? String(value) : value;
}

/** The other way: a number in quotes is that number. */
function asNumber(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,15}(\.\d{1,6})?$/.test(value) ? Number(value) : value;
}

function asFlag(value: unknown): unknown {
  if (value === "true") return true;
  return value === "false" ? false : value;
}

export interface TextWords {
  readonly allowed: string;
  readonly example: string;
  readonly ask?: string;
}

/**
 * What the kernel, a file and every protocol hand on as it is: no NUL, which ends a string there, and no half of a surrogate pair, which
 * UTF-8 cannot write, so that another letter would arrive.
 */
function isWhole(value: string): boolean {
  return !value.includes("\0") && value.isWellFormed();
}

/** A text that matches, given whole. */
export function text(matches: (value: string) => boolean, words: TextWords): Kind<string> {
  return { schema: z.preprocess(asText, z.string().refine(isWhole).refine(matches)), ...words };
}

/** Why something is allowed that else is not. @param further what is done with it */
export function reason(example: string, further = ""): Kind<string> {
  const allowed = `a reason of 10 characters or more${further}`;
  return text((value) => value.trim().length >= 10, { allowed, example, ask: "<reason>" });
}

/**
 * Whole, within the bounds, both included; texts of digits are taken, as Pulumi's config hands numbers over.
 * @param unit as a plural, empty for none
 */
export function integer(min: number, max: number, unit: string, example: number): Kind<number> {
  return {
    schema: z.preprocess(asNumber, z.int().min(min).max(max)),
    allowed: `a whole number${unit === "" ? "" : ` of ${unit}`} from ${min} to ${max}`,
    example,
  };
}

/** Any number within the bounds, both included; texts are taken as by `integer`. @param unit as a plural */
export function decimal(min: number, max: number, unit: string, example: number): Kind<number> {
  return {
    schema: z.preprocess(asNumber, z.number().min(min).max(max)),
    allowed: `a number of ${unit} from ${min} to ${max}`,
    example,
  };
}

export const flag: Kind<boolean> = {
  schema: z.preprocess(asFlag, z.boolean()),
  allowed: "true or false",
  example: true,
};

/** One of a few words; the first is the one the mending command offers. */
export function choice<const T extends string>(words: readonly [T, ...T[]], example: NoInfer<T> = words[0]): Kind<T> {
  return { schema: z.enum(words), allowed: `one of ${words.join(", ")}`, example };
}

/** A list whose items are each of one kind. @param allowed in words, of the list as a whole */
export function list<T>(item: Kind<T>, allowed: string): Kind<T[]> {
  return { schema: z.array(item.schema), allowed, example: [item.example], item };
}

/** A secret text; one repeated character is no secret whatever its length. */
export function secretText(
  matches: (value: string) => boolean,
  words: TextWords & { readonly generate?: string },
): Kind<Secret> {
  const strong = (value: string) => isWhole(value) && matches(value) && new Set(value).size > 1;
  return {
    schema: z.preprocess(asText, z.string().refine(strong)).transform((value) => new Secret(value)),
    ...words,
    secret: true,
  };
}

/** https, or http to one of the hosts that are no network's. */
export function isSafeUrl(value: string, plainHosts: readonly string[]): boolean {
  if (/\s/.test(value) || !URL.canParse(value)) return false;
  const { protocol, hostname } = new URL(value);
  return protocol === "https:" || (protocol === "http:" && plainHosts.includes(hostname));
}

export const port = integer(1, 65535, "", 8443);

const hostLabel = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?";
const hostPattern = new RegExp(`^(?=.{1,253}$)(?:${hostLabel}\\.)+(?!\\d+$)${hostLabel}$`);

/** A full host name: lower case, at least two labels, no IP address (no certificate is issued for `localhost` or for an address). */
export function isHostName(value: string): boolean {
  return hostPattern.test(value);
}

export const variableName = text((value) => /^[A-Z][A-Z0-9_]*$/.test(value), {
  allowed: "a name of capitals, digits and _ that begins with a letter",
  example: "EXTRA_VARIABLE",
});

/** A value of an environment variable: one line or many. */
export const variableValue = text(() => true, {
  allowed: "a text",
  example: "value",
  ask: "<value>",
});

export const secretValue = secretText((value) => value.length >= 8, {
  allowed: "a secret text of 8 characters or more, not all the same",
  example: "a-Secret-0",
});
