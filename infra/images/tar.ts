/**
 * A context as a tar stream (ustar, pax headers for what does not fit), with everything that differs between clones
 * left out: owner 0, time 0. The engine takes nothing else.
 */
import { createReadStream } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import type { ContextEntry } from "./context.ts";

const BLOCK = 512;

interface Member {
  readonly path: string;
  readonly type: "0" | "2" | "5" | "x";
  readonly mode: number;
  readonly size: number;
  readonly target: string;
}

/** The tar stream of the entries below `root`; folders come before what is in them. */
export function packContext(root: string, entries: readonly ContextEntry[]): Readable {
  return Readable.from(chunks(root, entries), { objectMode: false });
}

async function* chunks(root: string, entries: readonly ContextEntry[]): AsyncGenerator<Buffer> {
  for (const path of folders(entries)) {
    yield* heads({ path: `${path}/`, type: "5", mode: 0o755, size: 0, target: "" });
  }
  for (const entry of entries) {
    if (entry.kind === "link") {
      yield* heads({ path: entry.path, type: "2", mode: 0o777, size: 0, target: entry.target });
      continue;
    }
    yield* heads({ path: entry.path, type: "0", mode: entry.mode, size: entry.size, target: "" });
    let sent = 0;
    for await (const chunk of createReadStream(join(root, entry.path))) {
      sent += chunk.length;
      yield chunk;
    }
    if (sent !== entry.size) throw new Error(`${entry.path} changed while the image was built; run the command again`);
    yield padding(entry.size);
  }
  yield Buffer.alloc(2 * BLOCK);
}

/** Every folder the entries lie in, parents first. */
export function folders(entries: readonly ContextEntry[]): readonly string[] {
  const all = new Set<string>();
  for (const { path } of entries) {
    const parts = path.split("/").slice(0, -1);
    parts.forEach((_, index) => {
      all.add(parts.slice(0, index + 1).join("/"));
    });
  }
  return [...all].sort();
}

function padding(size: number): Buffer {
  return Buffer.alloc((BLOCK - (size % BLOCK)) % BLOCK);
}

function* heads(member: Member): Generator<Buffer> {
  const long = [
    ...(Buffer.byteLength(member.path) > 100 ? [paxRecord("path", member.path)] : []),
    ...(Buffer.byteLength(member.target) > 100 ? [paxRecord("linkpath", member.target)] : []),
  ];
  if (long.length > 0) {
    const body = Buffer.from(long.join(""));
    yield tarHeader({ path: "pax", type: "x", mode: 0o644, size: body.length, target: "" });
    yield body;
    yield padding(body.length);
  }
  yield tarHeader(member);
}

/** `<length> key=value\n`, where the length counts its own digits. */
export function paxRecord(key: string, value: string): string {
  const rest = Buffer.byteLength(` ${key}=${value}\n`);
  let length = rest + String(rest).length;
  if (rest + String(length).length !== length) length += 1;
  return `${length} ${key}=${value}\n`;
}

/** One ustar header block; names over 100 bytes are cut, a pax header before it says them whole. */
export function tarHeader(member: Member): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, offset: number, width: number) =>
    block.write(`${value.toString(8).padStart(width - 1, "0")}\0`, offset, "latin1");
  Buffer.from(member.path).copy(block, 0, 0, 100);
  octal(member.mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(member.size, 124, 12);
  octal(0, 136, 12);
  block.fill(" ", 148, 156);
  block.write(member.type, 156, "latin1");
  Buffer.from(member.target).copy(block, 157, 0, 100);
  block.write("ustar\x0000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
