import type { FileEntry } from "../steps/runner.ts";

/** Paths of files that are not as these entries say, with what is the matter. Contents may be secret: none is named. */
export function changedFiles(
  entries: readonly FileEntry[],
  found: ReadonlyMap<string, string>,
): readonly { readonly path: string; readonly is: string }[] {
  return entries
    .filter(({ type, path, content }) => type === "file" && found.get(path) !== (content ?? ""))
    .map(({ path }) => ({ path, is: found.has(path) ? "changed" : "missing" }));
}

export function directory(path: string, owner: { uid: number; gid: number }, mode = 0o755): FileEntry {
  return { path: `${path}/`, type: "directory", mode, ...owner };
}

export function file(path: string, content: string, owner: { uid: number; gid: number }, mode = 0o444): FileEntry {
  return { path, type: "file", content, mode, ...owner };
}
