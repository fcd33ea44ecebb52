import type Docker from "dockerode";
import { type LogLine, logLines } from "./frames.ts";

export interface Wanted {
  /** Not before this time; ms since 1970. */
  readonly since?: number;
  /** The last ones of it. */
  readonly tail?: number;
}

/** What a container has printed, both streams in order. It need not run. */
export async function readLog(engine: Docker, id: string, { since, tail }: Wanted): Promise<readonly LogLine[]> {
  const raw = await engine.getContainer(id).logs({
    stdout: true,
    stderr: true,
    timestamps: true,
    follow: false,
    ...(since !== undefined && { since: since / 1000 }),
    ...(tail !== undefined && { tail }),
  });
  const lines: LogLine[] = [];
  for await (const line of logLines(once(raw))) lines.push(line);
  return lines;
}

/** The time of the oldest line that is left of a container's log, in ms since 1970; undefined when there is none. */
export async function oldestLine(engine: Docker, id: string): Promise<number | undefined> {
  const stream = await engine.getContainer(id).logs({ stdout: true, stderr: true, timestamps: true, follow: true });
  // Leaving the loop closes the connection.
  for await (const { at } of logLines(chunksOf(stream))) return Date.parse(at);
  return undefined;
}

/** The bytes of a stream, which Node types as either texts or buffers. */
export async function* chunksOf(stream: NodeJS.ReadableStream): AsyncGenerator<Uint8Array> {
  for await (const chunk of stream) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

async function* once(raw: Buffer): AsyncGenerator<Uint8Array> {
  yield raw;
}
