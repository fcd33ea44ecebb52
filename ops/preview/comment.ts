import { readFile } from "node:fs/promises";
import { text } from "node:stream/consumers";
import type { Arguments } from "../arguments.ts";
import { renderComment } from "./render.ts";
import { readPreview } from "./steps.ts";

/** Prints the comment for what `pulumi preview --json` has put into a file, or into a pipe (`-`). Asks nobody and changes nothing. */
export async function commentPreview({ rest, stack }: Arguments): Promise<number> {
  const [file, ...more] = rest;
  if (file === undefined || more.length > 0)
    throw new Error("one file is wanted, or - for a pipe: npm run -s preview:comment -- FILE");
  const preview = readPreview(file === "-" ? await text(process.stdin) : await readFile(file, "utf8"));
  console.log(renderComment(preview, preview.stack ?? stack).trimEnd());
  return 0;
}
