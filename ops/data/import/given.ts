import { createReadStream } from "node:fs";
import { open, readdir, stat } from "node:fs/promises";
import { basename, join, resolve } from "node:path";
import type { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { extract } from "tar-stream";
import { messageOf } from "../../../components/steps/failure.ts";
import { type FileKind, headBytes, isGzip, kindOf } from "./kind.ts";

/** A file or folder that somebody gives to a restore, as it was found. */
export interface Given {
  /** As the user wrote it. */
  readonly path: string;
  readonly kind: FileKind | "folder" | "missing";
  /** By gzip. */
  readonly packed: boolean;
  /** When the file says that it was written last. */
  readonly modified: Date;
  /** Its own name, the files of an archive by their names in it, those of a folder seen from its parent: `data/tmws.db`. */
  readonly entries: readonly string[];
  /** What is neither a file nor a folder: links, sockets. */
  readonly odd: readonly string[];
  /** Why it cannot be read to its end; what was seen of it until then is above. */
  readonly broken?: string;
}

/** Looks at what is given without changing anything. A file of SQLite comes with what SQLite keeps beside it. */
export async function look(path: string): Promise<Given> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return { path, ...nothing, kind: "missing", modified: new Date(0) };
  const facts = { path, modified: found.mtime };
  if (found.isDirectory()) return { ...facts, ...nothing, kind: "folder", ...(await below(path)) };
  const head = await headOf(path);
  const packed = isGzip(head);
  try {
    const kind = kindOf(packed ? await firstOf(unpacked(path, true)) : head);
    if (kind === "tar") return { ...facts, kind, packed, ...(await entriesOf(unpacked(path, packed))) };
    const beside = kind === "sqlite" && !packed ? await besideFile(path) : [];
    return { ...facts, kind, packed, entries: [basename(path), ...beside], odd: [] };
  } catch (error) {
    return { ...facts, ...nothing, kind: "unknown", packed, broken: messageOf(error) };
  }
}

const nothing = { packed: false, entries: [], odd: [] } as const;

/** What a process that was killed has left in the log of a database is part of it. */
export const besideSqlite = ["-wal", "-journal"] as const;

async function besideFile(path: string): Promise<readonly string[]> {
  const sizes = await Promise.all(besideSqlite.map((suffix) => stat(`${path}${suffix}`).catch(() => undefined)));
  return besideSqlite.filter((_, at) => sizes[at] !== undefined).map((suffix) => `${basename(path)}${suffix}`);
}

/** The content of a file as a stream. Whoever opens it reads it. */
export function unpacked(path: string, packed: boolean): Readable {
  const raw = createReadStream(path);
  if (!packed) return raw;
  const gunzip = createGunzip();
  raw.on("error", (error) => gunzip.destroy(error));
  gunzip.on("close", () => raw.destroy());
  return raw.pipe(gunzip);
}

async function headOf(path: string): Promise<Buffer> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function firstOf(stream: Readable): Promise<Buffer> {
  let head = Buffer.alloc(0);
  for await (const piece of stream) {
    head = Buffer.concat([head, piece]);
    if (head.length >= headBytes) break;
  }
  return head;
}

async function entriesOf(stream: Readable): Promise<Pick<Given, "entries" | "odd">> {
  const untar = extract();
  stream.on("error", (error) => untar.destroy(error));
  stream.pipe(untar);
  const [entries, odd]: [string[], string[]] = [[], []];
  for await (const entry of untar) {
    const { name, type } = entry.header;
    if (type === "file") entries.push(name);
    else if (type !== "directory") odd.push(name);
    entry.resume();
  }
  return { entries, odd };
}

async function below(path: string): Promise<Pick<Given, "entries" | "odd">> {
  const [entries, odd]: [string[], string[]] = [[], []];
  const walk = async (folder: string, seen: string): Promise<void> => {
    for (const each of await readdir(folder, { withFileTypes: true })) {
      const name = `${seen}/${each.name}`;
      if (each.isDirectory()) await walk(join(folder, each.name), name);
      else (each.isFile() ? entries : odd).push(name);
    }
  };
  await walk(path, basename(resolve(path)));
  return { entries: entries.sort(), odd: odd.sort() };
}
