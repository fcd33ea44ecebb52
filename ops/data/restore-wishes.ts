import { stackName, wantsValue, wordsApart } from "../arguments.ts";
import { type DataWishes, dataWishes } from "./wishes.ts";

export const restoreUsage =
  "npm run restore -- [--stack NAME] [--set ID | --at TIME] [--into OTHER-STACK [--move]] [--yes] [--no-emergency], or --from FILE..., or --forget-old";

export interface RestoreWishes extends DataWishes {
  /** Files and folders that somebody else wrote; empty where the stack's own sets are meant. */
  readonly from: readonly string[];
  /** The stack that gets a set of this one. */
  readonly into: string | undefined;
}

/** @throws Error in words for the user */
export function restoreWishes(given: readonly string[], now: Date = new Date()): RestoreWishes {
  const words = wordsApart(given, ["--from", "--into"]);
  const from: string[] = [];
  const into: string[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word !== "--from" && word !== "--into") {
      rest.push(word);
      continue;
    }
    const values = wordsUntilOption(words, at + 1, word === "--from" ? Number.POSITIVE_INFINITY : 1);
    if (values.length === 0) throw wantsValue(word, restoreUsage);
    (word === "--from" ? from : into).push(...values);
    at += values.length;
  }
  const flags = ["--yes", "--no-emergency", "--forget-old", "--move"];
  const wishes = {
    ...dataWishes(rest, { usage: restoreUsage, flags, choosesSet: true }, now),
    from,
    into: other(into),
  };
  assertTogether(wishes);
  return wishes;
}

function other(given: readonly string[]): string | undefined {
  const name = given.at(-1);
  return name === undefined ? undefined : stackName("--into", name);
}

function wordsUntilOption(words: readonly string[], start: number, most: number): readonly string[] {
  const end = words.findIndex((word, at) => at >= start && word.startsWith("--"));
  return words.slice(start, Math.min(end < 0 ? words.length : end, start + most));
}

function assertTogether({ from, into, set, at, flags }: RestoreWishes): void {
  const chosen = set !== undefined || at !== undefined;
  if (from.length > 0 && (chosen || into !== undefined))
    throw new Error(
      `--from restores what its files hold, --set, --at and --into sets of a stack; give one of them: ${restoreUsage}`,
    );
  if (flags.has("--move") && (into === undefined || chosen))
    throw new Error(
      `--move stops the stack, takes a set of its last moment and restores that one in a cluster; allowed with --into, and without --set and --at: ${restoreUsage}`,
    );
  const brought = from.length > 0 ? "--from" : into === undefined ? undefined : "--into";
  if (brought === undefined) return;
  if (flags.has("--forget-old")) throw new Error(`${brought} and --forget-old are two commands: ${restoreUsage}`);
  if (flags.has("--no-emergency"))
    throw new Error(
      `${brought} and --no-emergency: what was brought may lack directories and stores, which come from the emergency set; allowed: without --no-emergency`,
    );
}
