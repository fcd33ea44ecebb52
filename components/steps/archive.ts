import { buffer, text } from "node:stream/consumers";
import { extract, pack } from "tar-stream";
import type { FileEntry } from "./runner.ts";

/** A tar of the entries, as the engine's archive call takes it. Deterministic: no times. */
export async function packTar(files: readonly FileEntry[]): Promise<Buffer> {
  const tar = pack();
  for (const file of files) {
    const header = { name: file.path, mode: file.mode, uid: file.uid, gid: file.gid, mtime: new Date(0) };
    if (file.type === "directory") tar.entry({ ...header, type: "directory" });
    else tar.entry(header, file.content ?? "");
  }
  tar.finalize();
  return buffer(tar);
}

/** The texts of all files below a folder that the engine handed out, by their path in it. */
export async function readFiles(stream: NodeJS.ReadableStream): Promise<ReadonlyMap<string, string>> {
  const untar = extract();
  stream.pipe(untar);
  const found = new Map<string, string>();
  for await (const entry of untar) {
    const content = await text(entry);
    // The first folder is the asked one's own name.
    if (entry.header.type === "file") found.set(entry.header.name.replace(/^[^/]*\//, ""), content);
  }
  return found;
}

/** The text of the first file in a tar stream. */
export async function readFirstFile(stream: NodeJS.ReadableStream): Promise<string | undefined> {
  const untar = extract();
  stream.pipe(untar);
  let found: string | undefined;
  // To its end: (m) a stream that is left half read keeps its connection, and with it the process, for five minutes.
  for await (const entry of untar) {
    const content = await text(entry);
    if (entry.header.type === "file") found ??= content;
  }
  return found;
}
