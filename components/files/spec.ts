import type { FileEntry } from "../steps/runner.ts";

/** Whose an entry is. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** @param user `uid:gid`; without a group that of root, as the engine takes it */
export function ownerOf(user: string): Owner {
  const [uid = 0, gid = 0] = user.split(":").map(Number);
  return { uid, gid };
}

/** Paths of files that are not as these entries say, with what is the matter. Contents may be secret: none is named. */
export function changedFiles(
  entries: readonly FileEntry[],
  found: ReadonlyMap<string, string>,
): readonly { readonly path: string; readonly is: string }[] {
  return entries
    .filter(({ type, path, content }) => type === "file" && found.get(path) !== (content ?? ""))
    .map(({ path }) => ({ path, is: found.has(path) ? "changed" : "missing" }));
}

/** A directory of a volume, made with this owner. @param mode default 0755 */
export function directory(path: string, owner: Owner, mode = 0o755): FileEntry {
  return { path: `${path}/`, type: "directory", mode, ...owner };
}

/** A file of a volume. @param mode default 0444: whoever may enter the folder reads it, nobody writes it */
export function file(path: string, content: string, owner: Owner, mode = 0o444): FileEntry {
  return { path, type: "file", content, mode, ...owner };
}
