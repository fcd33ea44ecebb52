import type { Tally } from "./tally.ts";

/** Close code of the library for a connection that ended without a close frame (RFC 6455, 7.1.5). */
export const noCloseFrame = 1006;

/** Service restart. It also stands for an orderly end of what has no close codes: JSON lines that drain, events whose last chunk has come. */
export const orderly = 1012;

interface Stream {
  version: string;
  /** When it ended; undefined while it is open. */
  closedAt: number | undefined;
  /** When the system first answered a request that was sent after that. */
  answeredAt: number | undefined;
  lastMessage: number;
}

/**
 * Judges streams: one may be closed by a release, with a close frame, and is back soon after the system answers again. That moment is
 * the first good answer to a request sent after the end, so that a hold, which keeps both, is no failure of the stream. Times in milliseconds.
 */
export class StreamLog {
  readonly #streams = new Map<number, Stream>();
  readonly #tally: Tally;
  readonly #backWithinMs: number;

  constructor(tally: Tally, backWithinMs: number) {
    this.#tally = tally;
    this.#backWithinMs = backWithinMs;
  }

  /** How many are open. */
  get open(): number {
    return [...this.#streams.values()].filter((each) => each.closedAt === undefined).length;
  }

  message(id: number, version: string, now: number): void {
    const stream = this.#streams.get(id);
    if (stream?.closedAt !== undefined) this.#back(stream, stream.closedAt, version, now);
    this.#streams.set(id, { version, closedAt: undefined, answeredAt: undefined, lastMessage: now });
  }

  /** An attempt to come back that failed is no end of a stream: it is still away. */
  closed(id: number, code: number, now: number, detail: string): void {
    const stream = this.#streams.get(id);
    if (stream === undefined || stream.closedAt !== undefined) return;
    stream.closedAt = now;
    this.#tally.streamClosed(now, code);
    if (code === noCloseFrame)
      this.#tally.streamFailed(now, "stream cut", `stream ${id} of ${stream.version}: ${detail || "no close frame"}`);
  }

  answered(sent: number, now: number): void {
    for (const stream of this.#streams.values())
      if (stream.closedAt !== undefined && stream.answeredAt === undefined && sent >= stream.closedAt)
        stream.answeredAt = now;
  }

  /** Open streams without a message for so long; each is told once, as it is then closed by the client. */
  silent(now: number, afterMs: number): readonly number[] {
    const found = [...this.#streams].filter(
      ([, stream]) => stream.closedAt === undefined && now - stream.lastMessage > afterMs,
    );
    for (const [id, stream] of found) {
      this.#tally.streamFailed(now, "stream silent", `stream ${id} of ${stream.version}: nothing for ${afterMs} ms`);
      stream.closedAt = now;
    }
    return found.map(([id]) => id);
  }

  /** At the end of the load: who is still away, or never came, and should be there. */
  finish(now: number, wanted: number): void {
    for (let id = 0; id < wanted; id++) {
      const stream = this.#streams.get(id);
      if (stream === undefined) this.#tally.streamFailed(now, "stream late", `stream ${id} never had a message`);
      else if (stream.closedAt !== undefined && now - (stream.answeredAt ?? stream.closedAt) > this.#backWithinMs)
        this.#tally.streamFailed(stream.closedAt, "stream late", `stream ${id} of ${stream.version} never came back`);
    }
  }

  #back(stream: Stream, closedAt: number, version: string, now: number): void {
    this.#tally.streamBack(closedAt, now);
    const late = now - (stream.answeredAt ?? now);
    if (late > this.#backWithinMs)
      this.#tally.streamFailed(closedAt, "stream late", `back ${Math.round(late)} ms after the system answered again`);
    const expected = this.#tally.expectedVersion(now);
    if (expected !== undefined && version !== expected)
      this.#tally.streamFailed(closedAt, "stream old", `from ${stream.version} to ${version}, not to ${expected}`);
  }
}
