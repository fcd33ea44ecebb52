import type { Difference } from "../../infra/release/fingerprint.ts";
import type { Value } from "../env/config.ts";
import { withoutValue, withValue } from "../stack-file.ts";
import type { PromoteWishes } from "./wishes.ts";

/** What the command line says of the proof, as values of the stack's config. */
export function sourceEdits(source: PromoteWishes["source"]): readonly Value[] {
  if (source === undefined) return [];
  const other = "from" in source ? "file" : "from";
  return [
    { path: ["release"], value: "promoted", secret: false },
    ...Object.entries(source).map(([key, value]) => ({ path: ["promotion", key], value, secret: false })),
    { path: ["promotion", other], value: undefined, secret: false },
  ];
}

/** Proved values in the place of the stack's own. An item of a list and a secret variable are its user's to set. */
export function takenEdits(different: readonly Difference[], own: (value: string) => string): readonly Value[] {
  return different
    .filter(
      ({ option }) => /^[A-Za-z_][\w-]*(\.[A-Za-z_][\w-]*)*$/.test(option) && !option.startsWith("secretVariables."),
    )
    .map(({ option, proved }) => ({
      path: option.split("."),
      value: proved === undefined ? undefined : own(proved),
      secret: false,
    }));
}

/** The stack's file with them; comments and all else stay. */
export function edited(text: string, edits: readonly Value[]): string {
  return edits.reduce((written, { path, value }) => {
    const words = path.map(String);
    return value === undefined ? withoutValue(written, words) : withValue(written, words, value);
  }, text);
}
