import { z } from "zod";
import { formatPath, isRecord, namespace, valueAt, withValueAt } from "../../components/options/path.ts";
import type { Problem } from "../../infra/config/problem.ts";
import { lookUpHere } from "../../infra/config/reference.ts";
import type { RawConfig } from "../../infra/config/source.ts";
import { configOfStackFile } from "../../infra/config/stack-file.ts";
import type { Entry } from "./plan.ts";

const pulumiConfig = z.record(z.string(), z.object({ value: z.string().default(""), secret: z.boolean() }));

/** A stack's config as the program will get it. @param said what `pulumi config --show-secrets --json` prints @param text of the stack's file */
export function rawConfigOf(stack: string, said: string, text: string): RawConfig {
  const found = Object.entries(pulumiConfig.parse(JSON.parse(said)));
  return {
    project: namespace,
    stack,
    values: Object.fromEntries(found.map(([key, { value }]) => [key, value])),
    secretKeys: new Set(found.filter(([, { secret }]) => secret).map(([key]) => key)),
    fileValues: configOfStackFile(text),
    lookUp: lookUpHere(process.env),
  };
}

/** The same of a file whose stack is not made yet: nothing in it can be encrypted. */
export function rawConfigOfFile(stack: string, text: string): RawConfig {
  const fileValues = configOfStackFile(text);
  const values = Object.entries(fileValues).map(([key, value]) => [
    key,
    isPlain(value) ? String(value) : JSON.stringify(value),
  ]);
  return {
    project: namespace,
    stack,
    values: Object.fromEntries(values),
    secretKeys: new Set(),
    fileValues,
    lookUp: lookUpHere(process.env),
  };
}

function isPlain(value: unknown): boolean {
  return value !== null && typeof value !== "object";
}

/** The values as one tree below the namespace; what is no JSON is left to the config's own check. */
export function treeOfConfig({ values }: RawConfig): unknown {
  const prefix = `${namespace}:`;
  const found = Object.entries(values).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(found.map(([key, text]) => [key.slice(prefix.length), parsed(text)]));
}

function parsed(text: string): unknown {
  if (!text.startsWith("{")) return text;
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return text;
  }
}

/** The config as it would be with these values: what the check judges before anything is written. */
export function withEntries(raw: RawConfig, entries: readonly Value[]): RawConfig {
  return entries.reduce(withEntry, raw);
}

/** A value for an option; undefined takes it away. */
export type Value = Pick<Entry, "path" | "value" | "secret">;

function withEntry(raw: RawConfig, { path, value, secret }: Value): RawConfig {
  const [top, ...rest] = path;
  const key = `${namespace}:${top}`;
  const section = withValueAt(valueAt(treeOfConfig(raw), [String(top)]), rest, value);
  return {
    ...raw,
    values: { ...raw.values, [key]: isRecord(section) ? JSON.stringify(section) : String(section) },
    secretKeys: secret ? new Set([...raw.secretKeys, key]) : raw.secretKeys,
    fileValues: asRecord(withValueAt(raw.fileValues, [key, ...rest], secret ? { secure: "" } : value)),
  };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return isRecord(value) ? value : {};
}

/** Which problems of the config the import would bring: those at its own values, and those that were not there before. */
export function broughtBy(entries: readonly Entry[], before: readonly Problem[], after: readonly Problem[]) {
  const paths = entries.map(({ path }) => formatPath(path));
  const isOwn = ({ path }: Problem) => paths.some((one) => path === one || path.startsWith(`${one}[`));
  const isNew = ({ path, allowed }: Problem) => !before.some((one) => one.path === path && one.allowed === allowed);
  const brought = after.filter((one) => isOwn(one) || isNew(one));
  return { brought, others: after.filter((one) => !brought.includes(one)) };
}

/** A refused value in one line, by the variable that brought it where one did. */
export function renderBrought(entries: readonly Entry[], { path, value, allowed }: Problem): string {
  const entry = entries.find((one) => path === formatPath(one.path) || path.startsWith(`${formatPath(one.path)}[`));
  return `${entry === undefined ? "" : `${entry.name} -> `}${path} is ${value}; allowed: ${allowed}`;
}
