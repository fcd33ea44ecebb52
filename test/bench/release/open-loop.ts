import { Agent, type RequestOptions, request } from "node:https";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { excerpt, type FailureKind, kindOfError, kindOfStatus, wordsOf } from "./failure.ts";
import type { LoadConfig } from "./load-config.ts";
import type { Answer } from "./tally.ts";

export interface Wanted {
  readonly method: "GET" | "POST";
  /** When it is to be sent, in milliseconds of performance.now(). */
  readonly due: number;
  readonly fresh: boolean;
  /** The POST's own key. */
  readonly key: string;
}

export interface Listener {
  good(answer: Answer, sent: number, key: string): void;
  bad(wanted: Wanted, kind: FailureKind, detail: string): void;
}

/** Number `n` of the loop, counted from 0: POSTs and fresh connections are spread evenly. Pure. */
export function wantedAt(config: LoadConfig, start: number, n: number): Wanted {
  const turn = (share: number, at: number) => Math.floor((at + 1) * share) > Math.floor(at * share);
  const method = turn(config.postShare, n) ? "POST" : "GET";
  const gets = n - Math.floor(n * config.postShare);
  return {
    method,
    due: start + (n * 1000) / config.requestsPerSecond,
    fresh: method === "GET" && turn(config.freshShare, gets),
    key: `${config.keyPrefix}${n}`,
  };
}

/**
 * Sends at a steady rate, whatever the answers do. A request that finds every connection taken waits here, and its time runs from
 * when it was due; a closed loop would send nothing while the system stalls, and measure nothing of it.
 */
export class OpenLoop {
  readonly #config: LoadConfig;
  readonly #listener: Listener;
  readonly #base: RequestOptions & Pick<ConnectionOptions, "secureContext">;
  readonly #agent: Agent;
  readonly #waiting: Wanted[] = [];
  #inFlight = 0;
  #idle: (() => void) | undefined;

  constructor(config: LoadConfig, ca: string, bearer: string | undefined, listener: Listener) {
    this.#config = config;
    this.#listener = listener;
    // Oldest first, so that every connection stays in use and none is reset for being idle.
    this.#agent = new Agent({ keepAlive: true, maxSockets: config.connections, scheduling: "fifo" });
    this.#base = {
      host: "127.0.0.1",
      port: config.port,
      servername: config.host,
      secureContext: createSecureContext({ ca }),
      headers: {
        host: `${config.host}:${config.port}`,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
    };
  }

  get waiting(): number {
    return this.#waiting.length + this.#inFlight;
  }

  /** Sends what is due, from number `sent` on; answers the number of the next. */
  advance(start: number, sent: number, now: number): number {
    let next = sent;
    for (let one = wantedAt(this.#config, start, next); one.due <= now; one = wantedAt(this.#config, start, next)) {
      next++;
      if (one.fresh) this.#send(one);
      else this.#waiting.push(one);
    }
    this.#pump();
    return next;
  }

  /** All that was due has an answer or has failed. */
  async finish(): Promise<void> {
    if (this.waiting > 0) await new Promise<void>((resolve) => (this.#idle = resolve));
    this.#agent.destroy();
  }

  #pump(): void {
    while (this.#inFlight < this.#config.connections) {
      const one = this.#waiting.shift();
      if (one === undefined) return;
      if (performance.now() - one.due < this.#config.timeoutMs) this.#send(one);
      else this.#listener.bad(one, "timeout", "no connection was free in all its time");
    }
  }

  #send(one: Wanted): void {
    const sent = performance.now();
    const { get, post, timeoutMs } = this.#config;
    const body = one.method === "POST" ? post.body.replaceAll("$key", one.key) : undefined;
    let begun = false;
    let over = false;
    const end = (tell: () => void) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (!one.fresh) this.#inFlight--;
      tell();
      this.#pump();
      if (this.waiting === 0) this.#idle?.();
    };
    const fail = (kind: FailureKind, detail: string) => end(() => this.#listener.bad(one, kind, detail));
    if (!one.fresh) this.#inFlight++;
    const call = request(
      {
        ...this.#base,
        agent: one.fresh ? false : this.#agent,
        method: one.method,
        path: body === undefined ? get.path : post.path,
        headers: { ...this.#base.headers, ...(body !== undefined && headersOf(body)) },
      },
      (response) => {
        begun = true;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", (error) => fail(kindOfError(error, true), wordsOf(error)));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const kind = kindOfStatus(response.statusCode ?? 0);
          if (kind !== undefined) return fail(kind, excerpt(text));
          const read = versionOf(text);
          if (!read.json) return fail("not json", excerpt(text));
          const { method, due, key } = one;
          const done = performance.now();
          end(() => this.#listener.good({ method, due, done, version: read.version }, sent, key));
        });
      },
    );
    const timer = setTimeout(
      () => {
        fail("timeout", begun ? "the answer did not end" : "no answer");
        call.destroy();
      },
      one.due + timeoutMs - sent,
    );
    call.on("error", (error) => fail(kindOfError(error, begun), wordsOf(error)));
    call.end(body);
  }
}

function headersOf(body: string): Record<string, string | number> {
  return { "content-type": "application/json", "content-length": Buffer.byteLength(body) };
}

/** The `version` of an answer, if it tells one. Pure. */
export function versionOf(text: string): { readonly json: boolean; readonly version?: string } {
  try {
    const value: unknown = JSON.parse(text);
    const version = typeof value === "object" && value !== null && "version" in value ? value.version : undefined;
    return typeof version === "string" ? { json: true, version } : { json: true };
  } catch (error) {
    if (error instanceof SyntaxError) return { json: false };
    throw error;
  }
}
