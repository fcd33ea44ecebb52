import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { basename, dirname, join, posix, resolve } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Pack, pack } from "tar-stream";
import { type Given, unpacked } from "./given.ts";

type Places = ReadonlyMap<Given, ReadonlyMap<string, string>>;

/** A tar of everything that has a place in the set, read while it is sent. A file that ends early, or cannot be read, ends the stream. */
export function packBrought(places: Places): Readable {
  return Readable.from(packed(places));
}

async function* packed(places: Places): AsyncGenerator<unknown> {
  const tar = pack();
  const filled = fill(tar, places).then(
    () => tar.finalize(),
    // Whoever reads is told.
    (error: unknown) => tar.destroy(error instanceof Error ? error : new Error(String(error))),
  );
  yield* tar;
  await filled;
}

async function fill(tar: Pack, places: Places): Promise<void> {
  const made = new Set<string>();
  for (const [given, entries] of places) {
    if (given.kind === "tar") await fromArchive(tar, given, entries, made);
    else
      for (const [entry, to] of entries) {
        const file = fileOf(given, entry);
        await put(tar, made, to, (await stat(file)).size, createReadStream(file));
      }
  }
}

/** Entries of a folder are seen from its parent, those of a file from its own. */
function fileOf({ kind, path }: Given, entry: string): string {
  const full = resolve(path);
  return kind === "folder" ? join(full, entry.slice(basename(full).length + 1)) : join(dirname(full), entry);
}

async function fromArchive(
  tar: Pack,
  { path, packed }: Given,
  entries: ReadonlyMap<string, string>,
  made: Set<string>,
): Promise<void> {
  const untar = extract();
  const reading = pipeline(unpacked(path, packed), untar);
  for await (const entry of untar) {
    const to = entry.header.type === "file" ? entries.get(entry.header.name) : undefined;
    if (to === undefined) entry.resume();
    else await put(tar, made, to, entry.header.size ?? 0, entry);
  }
  await reading;
}

/** Folders come before what is in them: one that the receiver had to guess would not be the product's. */
async function put(
  tar: Pack,
  made: Set<string>,
  to: string,
  size: number,
  content: AsyncIterable<unknown>,
): Promise<void> {
  for (const folder of foldersTo(to)) {
    if (made.has(folder)) continue;
    made.add(folder);
    tar.entry({ name: folder, type: "directory", mode: 0o750 });
  }
  await pipeline(content, tar.entry({ name: to, size, mode: 0o640 }));
}

function foldersTo(path: string): readonly string[] {
  const parent = posix.dirname(path);
  return parent === "." ? [] : [...foldersTo(parent), parent];
}
