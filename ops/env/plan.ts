import { formatPath, isRecord, type Path, valueAt } from "../../components/options/path.ts";
import type { EnvFile, EnvLine } from "./file.ts";
import { isOfProduct, type Mapping, type Target } from "./mapping.ts";
import { isSecretVariable } from "./secrecy.ts";

/** A value that goes into the stack's config. */
export interface Entry {
  readonly name: string;
  readonly path: Path;
  readonly value: unknown;
  readonly secret: boolean;
  /** What stands there now; undefined where nothing does. */
  readonly before: unknown;
}

/** What becomes of a .env file: every variable of it is in exactly one of these. */
export interface Plan {
  readonly entries: readonly Entry[];
  /** Slipway gives these itself. */
  readonly reserved: readonly string[];
  /** `NAME=` says nothing; what the stack has stays. */
  readonly empty: readonly string[];
  /** No option, and not of the product's: for the user to judge. */
  readonly unknown: readonly { readonly name: string; readonly secret: boolean }[];
  /** Given more than once: the last one holds, as in Compose. */
  readonly doubled: readonly string[];
  /** Why nothing of the file can be taken. Never the line itself: it may hold a secret. */
  readonly problems: readonly string[];
}

/** @param config the stack's values below the namespace, decrypted: `{ app: { ... } }` */
export function planImport(file: EnvFile, mapping: Mapping, config: unknown): Plan {
  const last = new Map(file.variables.map((one) => [one.name, one]));
  const doubled = [...last.keys()].filter((name) => file.variables.filter((one) => one.name === name).length > 1);
  const given = [...last.values()].filter(({ value }) => value !== "");
  const reserved = given.filter(({ name }) => isSlipways(name, mapping));
  const open = given.filter((one) => !reserved.includes(one));
  const taken = open.flatMap((one) => {
    const target = targetOf(one, mapping, config);
    return target === undefined ? [] : [{ one, target }];
  });
  const unknown = open.filter((one) => !taken.some((each) => each.one === one));
  return {
    entries: taken.map(({ one, target }) => entryOf(one, target, config)),
    reserved: reserved.map(({ name }) => name),
    empty: [...last.values()].filter(({ value }) => value === "").map(({ name }) => name),
    unknown: unknown.map(({ name, value }) => ({ name, secret: isSecretVariable(name, value) })),
    doubled,
    problems: [
      ...file.problems.map(({ line, why }) => `line ${line} ${why}`),
      ...taken.filter(({ one }) => isReference(one)).map(({ one }) => referenceProblem(one)),
    ],
  };
}

/** Of a variable that no option makes: by the system's own rules, or because the app sees it already and config gave no such variable. */
function isSlipways(name: string, mapping: Mapping): boolean {
  return !mapping.options.has(name) && mapping.isReserved(name);
}

type Place = Pick<Target, "path" | "secret"> & Partial<Pick<Target, "kind">>;

function targetOf({ name, value }: EnvLine, mapping: Mapping, config: unknown): Place | undefined {
  const option = mapping.options.get(name);
  if (option !== undefined) return option;
  const { extra } = mapping;
  const kept = valueAt(config, ["app", "secretEnv", name]) !== undefined;
  const secret = kept || isSecretVariable(name, value);
  const known = kept || valueAt(config, ["app", "extraEnv", name]) !== undefined || isOfProduct(name, mapping);
  if (!known || !(secret ? extra.secret : extra.plain)) return undefined;
  return { path: ["app", secret ? "secretEnv" : "extraEnv", name], secret };
}

function entryOf({ name, value }: EnvLine, { path, secret, kind }: Place, config: unknown): Entry {
  return {
    name,
    path,
    secret,
    value: kind === undefined ? value : meantBy(value, kind),
    before: valueAt(config, path),
  };
}

/** What the text means to the option; one that means nothing goes on as it is, and the config's own check says why. */
function meantBy(text: string, kind: NonNullable<Place["kind"]>): unknown {
  if (kind.item !== undefined) return listOf(text);
  if (typeof kind.example === "boolean" && /^(true|false)$/i.test(text)) return text.toLowerCase() === "true";
  if (typeof kind.example === "number" && /^-?\d{1,15}(\.\d{1,6})?$/.test(text)) return Number(text);
  return text;
}

/** A JSON array, as TMWS has it (guide 000, "4.1"), or a list with commas, as AIDIS (guide 002, "4.1"). */
function listOf(text: string): unknown {
  if (!text.startsWith("["))
    return text
      .split(",")
      .map((item) => item.trim())
      .filter((item) => item !== "");
  try {
    const parsed: unknown = JSON.parse(text);
    return parsed;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

function isReference({ value, literal }: EnvLine): boolean {
  return !literal && /\$\{[A-Za-z_]/.test(value);
}

function referenceProblem({ name, line }: EnvLine): string {
  return `line ${line} (${name}) names another variable as \${NAME}: write its value out, or all in single quotes if these are its letters`;
}

/** Entries that change what stands there, those that are new and those that are the same. */
export function sortEntries(entries: readonly Entry[]) {
  const isSame = ({ before, value }: Entry) => meaning(before) === meaning(value);
  return {
    added: entries.filter(({ before }) => before === undefined),
    changed: entries.filter((entry) => entry.before !== undefined && !isSame(entry)),
    same: entries.filter((entry) => entry.before !== undefined && isSame(entry)),
  };
}

/** `"90"` and `90` are one value to every option. */
function meaning(value: unknown): string {
  return Array.isArray(value) || isRecord(value) ? JSON.stringify(value) : String(value);
}

/** The option as messages write it: `slipway:app.secretKey`. */
export function pathText({ path }: Pick<Entry, "path">): string {
  return formatPath(path);
}
