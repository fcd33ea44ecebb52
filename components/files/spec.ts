import type { FileEntry } from "../steps/runner.ts";

export function directory(path: string, owner: { uid: number; gid: number }, mode = 0o755): FileEntry {
  return { path: `${path}/`, type: "directory", mode, ...owner };
}

export function file(path: string, content: string, owner: { uid: number; gid: number }, mode = 0o444): FileEntry {
  return { path, type: "file", content, mode, ...owner };
}
