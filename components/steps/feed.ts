import type { Duplex, Readable } from "node:stream";

/**
 * What a command reads from its standard input. One that ends before it has read all is no failure here: its exit code tells. An input that
 * breaks off ends the command's stream with it, or the command would wait for the rest for ever.
 */
export function feed(input: Readable, stream: Duplex): void {
  stream.on("close", () => input.destroy());
  input.on("error", (error) => stream.destroy(error));
  input.on("close", () => {
    if (!input.readableEnded) stream.destroy(new Error("its input broke off"));
  });
  input.pipe(stream);
}
