import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { z } from "zod";
import { excerpt, kindOfError, wordsOf } from "./failure.ts";
import type { Told } from "./transport.ts";

const reply = z.union([
  z.object({ event: z.literal("drain") }),
  z.object({
    id: z.string().optional(),
    version: z.string().optional(),
    ok: z.boolean(),
    error: z.object({ type: z.string(), message: z.string() }).optional(),
  }),
]);
type Answer = Exclude<z.infer<typeof reply>, { event: string }>;

interface Asked {
  readonly key: string;
  readonly told: Told;
}

/**
 * One connection of JSON lines over TLS, one request at a time. A server that says drain is left as soon as nothing is out; that is how this
 * protocol closes in order. An end with a request out is that request's failure.
 */
export class LineConnection {
  readonly #socket: TLSSocket;
  #asked: Asked | undefined;
  #rest = "";
  #announced = false;
  #leaving = false;
  #error: Error | undefined;

  constructor(options: ConnectionOptions) {
    this.#socket = connect(options);
    this.#socket.setEncoding("utf8").setNoDelay(true);
    this.#socket.on("data", (text: string) => this.#take(text));
    this.#socket.on("error", (error) => {
      this.#error = error;
    });
    // No request may follow on it, though the close itself comes a moment later.
    this.#socket.on("end", () => {
      this.#leaving = true;
    });
    this.#socket.on("close", () => this.#closed());
  }

  get busy(): boolean {
    return this.#asked !== undefined;
  }

  /** Nothing can be asked any more. */
  get leaving(): boolean {
    return this.#leaving;
  }

  /** The server had said that it goes. */
  get announced(): boolean {
    return this.#announced;
  }

  /** Whether a part of an answer has come. */
  get begun(): boolean {
    return this.#rest !== "";
  }

  onClose(tell: (error: Error | undefined) => void): void {
    this.#socket.once("close", () => tell(this.#error));
  }

  /** @param key the `id` that the answer must have */
  ask(line: string, key: string, told: Told): void {
    this.#asked = { key, told };
    this.#socket.write(`${line}\n`);
  }

  /** Ends it once nothing is out. */
  leave(): void {
    this.#leaving = true;
    if (this.#asked === undefined) this.#socket.end();
  }

  destroy(): void {
    this.#leaving = true;
    this.#socket.destroy();
  }

  #take(text: string): void {
    const lines = (this.#rest + text).split("\n");
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#line(line);
  }

  #line(line: string): void {
    const read = reply.safeParse(parsed(line));
    if (!read.success) this.#settle((told) => told.bad("not json", excerpt(line)));
    else if ("event" in read.data) {
      this.#announced = true;
      this.leave();
    } else this.#answer(read.data);
  }

  #answer({ id, version, ok, error }: Answer): void {
    const key = this.#asked?.key;
    this.#settle((told) => {
      if (id !== key) told.bad("wrong answer", `asked ${key}, answered ${id}`);
      else if (ok) told.good(version);
      else told.bad(`answer ${error?.type ?? "without a type"}`, excerpt(error?.message ?? ""));
    });
  }

  #closed(): void {
    this.#leaving = true;
    const { begun } = this;
    this.#settle((told) => {
      if (this.#error !== undefined) told.bad(kindOfError(this.#error, begun), wordsOf(this.#error));
      else told.bad(begun ? "cut" : "reset", "closed with the request out");
    });
  }

  #settle(tell: (told: Told) => void): void {
    const asked = this.#asked;
    this.#asked = undefined;
    if (asked !== undefined) tell(asked.told);
    if (this.#leaving) this.#socket.end();
  }
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
