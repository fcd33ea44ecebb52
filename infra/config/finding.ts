import { formatPath, isRecord, namespace, type Path, valueAt } from "../../components/options/path.ts";
import { type Mend, renderMend } from "./mend.ts";
import { type Problem, renderValue } from "./problem.ts";
import type { LookUp } from "./reference.ts";
import { holdsSecret, type Node } from "./schema-tree.ts";

/** A problem before it is put into words. */
export interface Finding {
  readonly path: Path;
  /** Already safe to print. */
  readonly value: string;
  readonly allowed: string;
  readonly mends: readonly Mend[];
}

/** The finding as it is printed: the option's path, and one command that mends it on this stack. */
export function problemOf({ path, value, allowed, mends }: Finding, stack: string): Problem {
  return { path: renderValue(formatPath(path)), value, allowed, mend: renderMend(mends, stack) };
}

/** What Pulumi says about the config beside its values. */
export interface Secrecy {
  /** First-level keys that hold a secret somewhere, with the namespace: Pulumi knows no more than that. */
  readonly secretKeys: ReadonlySet<string>;
  /** The `config` map of the stack's file, in which a secret is `{ secure: ... }`. */
  readonly fileValues?: Readonly<Record<string, unknown>>;
  /** Finds what a reference names. @default references are refused */
  readonly lookUp?: LookUp;
}

export const hidden = "(secret)";

/** Whether this value stands unencrypted in the stack's file. */
export function standsInClear({ fileValues }: Secrecy, path: Path, value: unknown): boolean {
  const [top, ...rest] = path;
  const inFile = valueAt(fileValues, [`${namespace}:${top}`, ...rest]);
  return inFile !== undefined && !isRecord(inFile) && String(inFile) === String(value);
}

/** Whether a value was given with --secret, as far as can be known: its key holds a secret and the file does not show it. */
export function isEncrypted(secrecy: Secrecy, path: Path, value: unknown): boolean {
  return secrecy.secretKeys.has(`${namespace}:${path[0]}`) && !standsInClear(secrecy, path, value);
}

/** A value for an error: never that of a secret option, nor one that the user chose to encrypt. */
export function show(secrecy: Secrecy, path: Path, value: unknown, node: Node): string {
  if (value === undefined) return renderValue(value);
  return holdsSecret(node) || isEncrypted(secrecy, path, value) ? hidden : renderValue(value);
}
