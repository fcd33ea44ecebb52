import { notKnown, wordsApart } from "../arguments.ts";

export interface Wish {
  /** After the release's switch, and as long before it. */
  readonly hours: number;
  readonly json: boolean;
}

const usage = "npm run report [-- --stack NAME] [--hours 24] [--json]";
const mostHours = 336;

/** @throws Error in words for the user */
export function reportWish(rest: readonly string[]): Wish {
  let wish: Wish = { hours: 24, json: false };
  const words = wordsApart(rest, ["--hours"]);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--json") wish = { ...wish, json: true };
    else if (word === "--hours") wish = { ...wish, hours: hoursOf(words[++at] ?? "") };
    else throw notKnown(word, usage);
  }
  return wish;
}

function hoursOf(text: string): number {
  const hours = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && hours > 0 && hours <= mostHours) return hours;
  throw new Error(`--hours ${text}: allowed is a number above 0 and up to ${mostHours}, e.g. --hours 24`);
}
