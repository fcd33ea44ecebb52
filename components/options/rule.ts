import { type Environment, environments } from "./environment.ts";
import type { Path } from "./path.ts";

/** How a broken rule is mended; without `to` the option's own example is offered. */
export type Remedy =
  | { readonly set: Path; readonly to?: unknown }
  | { readonly remove: Path }
  /** Another command of Slipway's, to which the stack is added. */
  | { readonly run: string };

/** One line of the strictness table: what is refused, where, and the words for what is allowed. Paths are relative to the section. */
export interface Rule<S> {
  readonly in: readonly Environment[];
  readonly allowed: string;
  /** Where the section breaks the rule; empty when it holds. */
  readonly breaks: (section: S) => readonly Path[];
  /** The options that the rule compares: it is silent while one of them is itself broken. */
  readonly reads?: readonly Path[];
  /** Default: set the option that breaks the rule to its example. */
  readonly remedy?: (section: S, broken: Path) => readonly Remedy[];
}

export const everywhere: readonly Environment[] = environments;
export const inProduction: readonly Environment[] = ["production"];

/** A rule about one option of a section. */
export function refuse<S, K extends keyof S & string>(
  where: readonly Environment[],
  key: K,
  isWrong: (value: S[K]) => boolean,
  allowed: string,
  to?: S[K],
): Rule<S> {
  return {
    in: where,
    allowed,
    breaks: (section) => (isWrong(section[key]) ? [[key]] : []),
    remedy: () => [to === undefined ? { set: [key] } : { set: [key], to }],
  };
}

function inSection(key: string, remedy: Remedy): Remedy {
  if ("run" in remedy) return remedy;
  return "remove" in remedy ? { remove: [key, ...remedy.remove] } : { ...remedy, set: [key, ...remedy.set] };
}

/** The rules of one section as rules of the whole. */
export function within<K extends string, S>(
  key: K,
  rules: readonly Rule<S>[],
): readonly Rule<Readonly<Record<K, S>>>[] {
  return rules.map((rule) => {
    const { remedy } = rule;
    return {
      in: rule.in,
      allowed: rule.allowed,
      breaks: (whole) => rule.breaks(whole[key]).map((path) => [key, ...path]),
      reads: (rule.reads ?? []).map((path) => [key, ...path]),
      ...(remedy && {
        remedy: (whole: Readonly<Record<K, S>>, broken: Path) =>
          remedy(whole[key], broken.slice(1)).map((one) => inSection(key, one)),
      }),
    };
  });
}
