import type { SetWish } from "../../components/backup/manifest.ts";
import { notKnown, wantsValue, wordsApart } from "../arguments.ts";

/** What is left of a command's words when Slipway's own (`--stack`) are taken. */
export interface DataWishes extends SetWish {
  readonly flags: ReadonlySet<string>;
}

/** `--set ID`, `--at TIME` and switches. @throws Error in words for the user */
export function dataWishes(
  rest: readonly string[],
  allowed: { readonly usage: string; readonly flags: readonly string[]; readonly choosesSet: boolean },
  now: Date = new Date(),
): DataWishes {
  const flags = new Set<string>();
  const values = new Map<string, string>();
  const words = wordsApart(rest, ["--set", "--at"]);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (allowed.flags.includes(word)) flags.add(word);
    else if (allowed.choosesSet && (word === "--set" || word === "--at")) {
      const value = words[++at];
      if (value === undefined || value.startsWith("--")) throw wantsValue(word, allowed.usage);
      values.set(word, value);
    } else throw notKnown(word, allowed.usage);
  }
  if (values.size > 1) throw new Error(`--set and --at both choose the set; give one of them: ${allowed.usage}`);
  return { flags, set: setId(values.get("--set")), at: momentOf(values.get("--at"), now) };
}

/** A name is part of paths: letters, digits and hyphens, as sets are called. */
function setId(text: string | undefined): string | undefined {
  if (text === undefined || /^\d{8}T\d{6}Z-[a-z-]+$/.test(text)) return text;
  throw new Error(
    `--set ${text}: allowed is a set's name, such as 20261128T020000Z-backup; \`npm run backup -- --list\` shows them`,
  );
}

/** With its offset, because a time without one means something else on another machine. */
const timePattern = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

function momentOf(text: string | undefined, now: Date): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  if (!timePattern.test(text) || Number.isNaN(moment.getTime()))
    throw new Error(
      `--at ${text}: allowed is a time with its offset, such as ${now.toISOString().slice(0, 19)}Z or 2026-11-28T03:00:00+01:00`,
    );
  if (moment > now) throw new Error(`--at ${text}: it is ${now.toISOString()} now; nothing can be restored from later`);
  return moment;
}
