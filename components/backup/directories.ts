import { posix } from "node:path";
import type { Database } from "../database/spec.ts";
import { quote } from "../steps/shell.ts";

/** A directory of the user's data, as shell lines that copy it into a set and back. */
export interface Directory {
  readonly name: string;
  readonly path: string;
}

/**
 * A file of SQLite may lie in a directory of the same set. It has its own copy there, by the backup API: the directory's copy leaves it alone,
 * because a copy of a file in use is torn, and one that comes back over the restored one would undo it. With it everything that SQLite
 * keeps beside it.
 */
const beside = ["-wal", "-shm", "-journal", ".restoring"];

/** @param part where the set is made; an expression of the shell */
export function copyInto(part: string, { name, path }: Directory, database: Database): readonly string[] {
  const file = fileIn(path, database);
  const to = `"${part}/${name}"`;
  if (file === undefined) {
    const copy = retried(`cp -a ${quote(path)}/. "${part}/${name}/"`);
    return [`mkdir ${to}`, `if [ -d ${quote(path)} ]; then ${copy}; fi`];
  }
  // The folders on the way to the file are made, and what lies beside them is copied, one level after the other.
  const levels = foldersTo(file).map((folder) => {
    const [from, into] = [posix.join(path, folder), `"${part}/${posix.join(name, folder)}/"`];
    const rest = file.slice(folder === "." ? 0 : folder.length + 1).split("/");
    const kept = rest.length > 1 ? [rest[0] ?? ""] : alone(rest[0] ?? "");
    const others = kept.map((each) => `! -name ${quote(literally(each))}`).join(" ");
    // With `+` find fails when a copy does, with `;` it would not.
    const copy = `find ${quote(from)} -mindepth 1 -maxdepth 1 ${others} -exec sh -c 'to=$1; shift; cp -a "$@" "$to"' sh ${into} {} +`;
    return `if [ -d ${quote(from)} ]; then mkdir -p ${into}; ${retried(copy)}; fi`;
  });
  return [`mkdir ${to}`, ...levels];
}

/** Whose the directory itself is: `root` where a cluster mounts a claim, of which a pod's group may write the content and nobody set the times. */
export type FolderOwner = "user" | "root";

/** @param from the directory in the set. Emptied, not removed: it may be a mount, or have one below it. A set of a version that had no such directory leaves it. */
export function copyBack(
  from: string,
  { path }: Directory,
  database: Database,
  owner: FolderOwner = "user",
): readonly string[] {
  const file = fileIn(path, database);
  const kept = file === undefined ? [] : [...foldersTo(file).filter((folder) => folder !== "."), ...alone(file)];
  const others = kept.map((each) => ` ! -path ${quote(literally(posix.join(path, each)))}`).join("");
  const copy =
    owner === "user"
      ? `cp -a ${quote(from)}/. ${quote(path)}/`
      : `find ${quote(from)} -mindepth 1 -maxdepth 1 -exec cp -a -t ${quote(path)}/ {} +`;
  return [
    `if [ -d ${quote(path)} ] && [ -d ${quote(from)} ]; then find ${quote(path)} -mindepth 1${others} -delete; ${copy}; fi`,
  ];
}

/** Its user may write meanwhile: a file that was renamed between its listing and its copy ends `cp`. */
function retried(copy: string): string {
  return `for try in 1 2 3; do if ${copy}; then break; fi; [ "$try" -lt 3 ]; done`;
}

/** The database's file seen from the directory; undefined when it lies elsewhere. */
function fileIn(path: string, database: Database): string | undefined {
  if (database.kind !== "sqlite") return undefined;
  const way = posix.relative(path, database.file);
  return way === "" || way.split("/")[0] === ".." ? undefined : way;
}

/** `a/b/x.db`: `.`, `a`, `a/b`. */
function foldersTo(file: string): readonly string[] {
  const folders = posix.dirname(file).split("/");
  const all = folders.map((_, at) => folders.slice(0, at + 1).join("/"));
  return all[0] === "." ? all : [".", ...all];
}

function alone(file: string): readonly string[] {
  return [file, ...beside.map((suffix) => `${file}${suffix}`)];
}

/** For `find`, whose patterns are globs. */
function literally(text: string): string {
  return text.replace(/[[\]*?\\]/g, "\\$&");
}
