/** One line of a container's log, with the engine's own time of it: RFC 3339 with nine digits, so that times sort as text. */
export interface LogLine {
  readonly at: string;
  readonly text: string;
}

const head = 8;

/**
 * The lines of the engine's log stream. A frame has a header (which stream, how long) and a piece of at most 16 kB: a longer line comes in several,
 * each with a time of its own, and only the last ends it.
 */
export async function* logLines(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<LogLine> {
  const begun = new Map<number, LogLine>();
  let rest = Buffer.alloc(0);
  for await (const chunk of chunks) {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= head && rest.length >= head + rest.readUInt32BE(4)) {
      const [source, end] = [rest.readUInt8(0), head + rest.readUInt32BE(4)];
      const piece = parsePiece(rest.subarray(head, end).toString("utf8"));
      rest = rest.subarray(end);
      const before = begun.get(source);
      const line = before === undefined ? piece : { at: before.at, text: before.text + piece.text };
      if (line.text.endsWith("\n")) {
        begun.delete(source);
        yield { at: line.at, text: line.text.replace(/\r?\n$/, "") };
      } else begun.set(source, line);
    }
  }
  yield* begun.values();
}

function parsePiece(piece: string): LogLine {
  const at = piece.indexOf(" ");
  return { at: piece.slice(0, at), text: piece.slice(at + 1) };
}
