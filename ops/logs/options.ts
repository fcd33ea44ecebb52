import { messageOf } from "../../components/steps/failure.ts";
import { notKnown, wantsValue } from "../arguments.ts";

/** Which lines of a log are wanted. */
export interface Wish {
  readonly part: string;
  /** Not older than so many seconds. */
  readonly sinceSeconds: number | undefined;
  /** The last lines of those that fit; all of them when undefined. */
  readonly tail: number | undefined;
  readonly follow: boolean;
  readonly grep: RegExp | undefined;
}

const usage = "npm run logs -- PART [--since 5m] [--tail 100] [--follow] [--grep RE] [--stack NAME]";
const defaultTail = 100;
const inSeconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/** @throws Error in words for the user */
export function logsWish(words: readonly string[]): Wish {
  const given = new Map<string, string>();
  const parts: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const [option = "", inline] = splitOnce(words[at] ?? "");
    if (option === "--follow" && inline === undefined) given.set(option, "");
    else if (["--since", "--tail", "--grep"].includes(option)) given.set(option, wanted(option, inline ?? words[++at]));
    else if (option.startsWith("-")) throw notKnown(words[at] ?? "", usage);
    else parts.push(words[at] ?? "");
  }
  const [part, ...more] = parts;
  if (part === undefined || more.length > 0)
    throw new Error(
      `${part === undefined ? "a part is wanted" : `one part is wanted, not ${parts.join(" ")}`}: ${usage}`,
    );
  const [since, tail, grep] = [given.get("--since"), given.get("--tail"), given.get("--grep")];
  return {
    part,
    sinceSeconds: since === undefined ? undefined : secondsOf(since),
    // Who says since when wants all of it.
    tail: tail === undefined ? (since === undefined ? defaultTail : undefined) : countOf(tail),
    follow: given.has("--follow"),
    grep: grep === undefined ? undefined : expression(grep),
  };
}

function splitOnce(word: string): readonly [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 || !word.startsWith("--") ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function wanted(option: string, text: string | undefined): string {
  if (text !== undefined && text !== "") return text;
  throw wantsValue(option, usage);
}

function secondsOf(text: string): number {
  const [, count, unit = ""] = /^(\d+(?:\.\d+)?)([smhd])$/.exec(text) ?? [];
  const factor = inSeconds[unit];
  if (count !== undefined && factor !== undefined) return Number(count) * factor;
  throw new Error(`--since ${text}: allowed is a number with s, m, h or d, e.g. --since 5m`);
}

function countOf(text: string): number | undefined {
  if (text === "all") return undefined;
  if (/^\d+$/.test(text)) return Number(text);
  throw new Error(`--tail ${text}: allowed is a whole number, or all, e.g. --tail 100`);
}

function expression(text: string): RegExp {
  try {
    return new RegExp(text, "u");
  } catch (error) {
    throw new Error(`--grep ${text}: it is no regular expression (${messageOf(error)})`);
  }
}
