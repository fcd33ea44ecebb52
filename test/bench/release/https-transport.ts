import { Agent, type RequestOptions, request } from "node:https";
import type { LookupFunction } from "node:net";
import { type ConnectionOptions, createSecureContext } from "node:tls";
import { type ClientOptions, WebSocket } from "ws";
import { excerpt, kindOfError, kindOfStatus, wordsOf } from "./failure.ts";
import type { HttpsProtocol } from "./load-config.ts";
import { noCloseFrame, orderly } from "./stream-log.ts";
import type { Pending, Place, StreamTold, Told, Transport, Wanted } from "./transport.ts";

/** Loopback, without asking a resolver that may not know the name (RFC 6761). */
const loopback: LookupFunction = (_name, options, answer) =>
  options.all === true ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4);

/** Requests by https with keep-alive, streams by WebSocket or as server-sent events, all at the edge. */
export class HttpsTransport implements Transport {
  readonly #protocol: HttpsProtocol;
  readonly #place: Place;
  readonly #base: RequestOptions & Pick<ConnectionOptions, "secureContext">;
  readonly #agent: Agent;

  constructor(protocol: HttpsProtocol, place: Place, bearer: string | undefined) {
    this.#protocol = protocol;
    this.#place = place;
    // Oldest first, so that every connection stays in use and none is reset for being idle.
    this.#agent = new Agent({ keepAlive: true, maxSockets: place.connections, scheduling: "fifo" });
    this.#base = {
      host: "127.0.0.1",
      port: place.port,
      servername: place.host,
      secureContext: createSecureContext({ ca: place.ca }),
      headers: {
        host: `${place.host}:${place.port}`,
        ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }),
      },
    };
  }

  send(wanted: Wanted, told: Told): Pending {
    const { get, post } = this.#protocol;
    const own = (text: string) => text.replaceAll("$key", wanted.key);
    const body = wanted.method === "POST" ? own(post.body) : undefined;
    const headers = Object.entries(body === undefined ? {} : (post.headers ?? {}));
    let begun = false;
    const call = request(
      {
        ...this.#base,
        agent: wanted.fresh ? false : this.#agent,
        method: wanted.method,
        path: body === undefined ? get.path : post.path,
        headers: {
          ...this.#base.headers,
          ...(body !== undefined && headersOf(body)),
          ...Object.fromEntries(headers.map(([name, value]) => [name, own(value)])),
        },
      },
      (response) => {
        begun = true;
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", (error) => told.bad(kindOfError(error, true), wordsOf(error)));
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const kind = kindOfStatus(response.statusCode ?? 0);
          if (kind !== undefined) return told.bad(kind, excerpt(text));
          const read = versionOf(text);
          if (!read.json) return told.bad("not json", excerpt(text));
          told.good(read.version);
        });
      },
    );
    call.on("error", (error) => told.bad(kindOfError(error, begun), wordsOf(error)));
    call.end(body);
    return {
      get begun() {
        return begun;
      },
      drop: () => call.destroy(),
    };
  }

  stream(told: StreamTold): Pick<Pending, "drop"> {
    return this.#protocol.stream.by === "events" ? this.#events(told) : this.#webSocket(told);
  }

  #webSocket(told: StreamTold): Pick<Pending, "drop"> {
    const { ca, host, port, timeoutMs } = this.#place;
    // The types know neither `closeTimeout`, how long a server may keep the connection after the close frames, nor what goes on to TLS.
    const options: ClientOptions & { closeTimeout: number; lookup: LookupFunction } = {
      ca,
      lookup: loopback,
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
      closeTimeout: 500,
    };
    const socket = new WebSocket(`wss://${host}:${port}${this.#protocol.stream.path}`, options);
    let detail = "";
    socket.on("message", (data) => told.message(versionOf(String(data)).version ?? "unknown"));
    socket.on("error", (error) => {
      detail = wordsOf(error);
    });
    // The library tells `close` after every `error`, also of an attempt that never opened.
    socket.on("close", (code) => told.closed(code, detail));
    return { drop: () => socket.terminate() };
  }

  #events(told: StreamTold): Pick<Pending, "drop"> {
    let over = false;
    const end = (code: number, detail: string) => {
      if (!over) told.closed(code, detail);
      over = true;
    };
    const { path } = this.#protocol.stream;
    const call = request({ ...this.#base, agent: false, path }, (response) => {
      if (response.statusCode !== 200) call.destroy(new Error(`status ${response.statusCode}`));
      let rest = "";
      response.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop() ?? "";
        for (const line of lines)
          if (line.startsWith("data:")) told.message(versionOf(line.slice("data:".length)).version ?? "unknown");
      });
      // Only once the last chunk has come.
      response.on("end", () => end(orderly, ""));
      response.on("error", (error) => end(noCloseFrame, wordsOf(error)));
    });
    call.on("error", (error) => end(noCloseFrame, wordsOf(error)));
    call.end();
    return { drop: () => call.destroy() };
  }

  close(): void {
    this.#agent.destroy();
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
