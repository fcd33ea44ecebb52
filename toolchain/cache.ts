import { access, mkdtemp, readdir, rename, rm } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { locked } from "./lock.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_CACHE_HOME/slipway`, by default `~/.cache/slipway`. Safe to delete: everything in it is made again. */
export function cacheRoot(env: Environment = process.env): string {
  const base = env["XDG_CACHE_HOME"] ?? "";
  return join(isAbsolute(base) ? base : join(env["HOME"] ?? homedir(), ".cache"), "slipway");
}

/**
 * The folder of that key in the cache, built when it is not there. Its content depends on nothing but the key, so put
 * versions and hashes into it. Built beside and renamed, hence whole or absent; a second process waits and says so.
 * @throws what `build` throws; nothing stays behind then
 */
export async function cached(
  key: string,
  build: (draft: string) => Promise<void>,
  root = cacheRoot(),
): Promise<string> {
  const folder = join(root, key);
  if (await exists(folder)) return folder;
  return locked(join(root, "locks", key), key, async () => {
    if (await exists(folder)) return folder;
    await sweepDrafts(root, key);
    const draft = await mkdtemp(join(root, draftPrefix(key)));
    try {
      await build(draft);
      await rename(draft, folder);
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
    return folder;
  });
}

/** Drafts of builds that were killed. Whoever holds the key's lock is its only builder. */
async function sweepDrafts(root: string, key: string): Promise<void> {
  const left = (await readdir(root)).filter((name) => name.startsWith(draftPrefix(key)));
  await Promise.all(left.map((name) => rm(join(root, name), { recursive: true, force: true })));
}

function draftPrefix(key: string): string {
  return `draft-${key}-`;
}

/** Whether anything is at that path. */
export async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
