import { notKnown, wantsValue, wordsApart } from "../arguments.ts";

/** What `npm run promote` was asked for beside the stack. */
export interface PromoteWishes {
  /** In place of what the stack's config says; the config gets it when the promotion goes on. */
  readonly source: { readonly from: string } | { readonly file: string } | undefined;
  /** The proved values take the place of the stack's own that differ. */
  readonly take: boolean;
  readonly dryRun: boolean;
  readonly yes: boolean;
}

const usage = "npm run promote -- [--stack NAME] [--from STACK | --file FILE] [--take] [--dry-run] [--yes]";

/** @throws Error in words for the user */
export function promoteWishes(rest: readonly string[]): PromoteWishes {
  const sources: ({ from: string } | { file: string })[] = [];
  const switches = new Set<string>();
  const words = wordsApart(rest, ["--from", "--file"]);
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? "";
    if (word === "--from") sources.push({ from: value(word, words[++at]) });
    else if (word === "--file") sources.push({ file: value(word, words[++at]) });
    else if (["--take", "--dry-run", "--yes"].includes(word)) switches.add(word);
    else throw notKnown(word, usage);
  }
  if (sources.length > 1) throw new Error(`one of --from and --file, once: ${usage}`);
  return {
    source: sources[0],
    take: switches.has("--take"),
    dryRun: switches.has("--dry-run"),
    yes: switches.has("--yes"),
  };
}

function value(option: string, given: string | undefined): string {
  if (given !== undefined && given !== "" && !given.startsWith("-")) return given;
  throw wantsValue(option, usage);
}
