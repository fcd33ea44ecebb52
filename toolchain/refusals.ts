import { mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { cacheRoot } from "./cache.ts";

/** A way that failed is not tried again for a day: a machine that reaches no releases should not wait for that each time. */
const memoryMs = 24 * 60 * 60 * 1000;

interface Refusal {
  readonly at: number;
  readonly why: string;
}

/** Why that way failed within the last day; undefined when it may be tried. Forgotten with the cache. */
export async function refusalOf(way: string, root = cacheRoot()): Promise<string | undefined> {
  const text = await readFile(fileOf(way, root), "utf8").catch(() => undefined);
  return text === undefined ? undefined : stillValid(JSON.parse(text), Date.now());
}

/** Pure: the reason, while it counts. `at` and `now` in milliseconds since the epoch. */
export function stillValid({ at, why }: Refusal, now: number): string | undefined {
  return now >= at && now - at < memoryMs ? why : undefined;
}

/** @param why one line: what the way answered */
export async function rememberRefusal(way: string, why: string, root = cacheRoot()): Promise<void> {
  const file = fileOf(way, root);
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${JSON.stringify({ at: Date.now(), why } satisfies Refusal)}\n`);
}

/** The way is tried anew from now on; one that was never refused is fine. */
export async function forgetRefusal(way: string, root = cacheRoot()): Promise<void> {
  await rm(fileOf(way, root), { force: true });
}

function fileOf(way: string, root: string): string {
  return join(root, "refusals", `${way}.json`);
}

/** The line that says most in what a command left behind: the last that names a failed download, else the last of all. */
export function tellingLine(text: string): string {
  const lines = text.trim().split("\n");
  const line = lines.findLast((one) => /error downloading/i.test(one)) ?? lines.at(-1) ?? "";
  return line.trim().replace(/^(?:error|warning): /, "");
}
