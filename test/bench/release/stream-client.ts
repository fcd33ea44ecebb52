import type { LookupFunction } from "node:net";
import { type ClientOptions, WebSocket } from "ws";
import { wordsOf } from "./failure.ts";
import type { LoadConfig } from "./load-config.ts";
import { versionOf } from "./open-loop.ts";
import { noCloseFrame, type StreamLog } from "./stream-log.ts";

/** Time between two attempts of a stream that is away: often enough for the 2 s it has, rarely enough not to be a load of its own. */
const attemptMs = 250;

/** Loopback, without asking a resolver that may not know the name (RFC 6761). */
const loopback: LookupFunction = (_name, options, answer) =>
  options.all === true ? answer(null, [{ address: "127.0.0.1", family: 4 }]) : answer(null, "127.0.0.1", 4);

/** WebSocket streams that come back whenever they end. */
export class StreamClients {
  readonly #config: LoadConfig;
  readonly #ca: string;
  readonly #log: StreamLog;
  readonly #sockets = new Map<number, WebSocket>();
  readonly #watch: NodeJS.Timeout;
  #over = false;

  constructor(config: LoadConfig, ca: string, log: StreamLog) {
    this.#config = config;
    this.#ca = ca;
    this.#log = log;
    for (let id = 0; id < config.streams.count; id++) this.#connect(id);
    this.#watch = setInterval(() => this.#endSilent(), 500);
  }

  stop(): void {
    this.#over = true;
    clearInterval(this.#watch);
    for (const socket of this.#sockets.values()) socket.terminate();
  }

  #connect(id: number): void {
    if (this.#over) return;
    const { host, port, streams, timeoutMs } = this.#config;
    // The types know neither `closeTimeout`, how long a server may keep the connection after the close frames, nor what goes on to TLS.
    const options: ClientOptions & { closeTimeout: number; lookup: LookupFunction } = {
      ca: this.#ca,
      lookup: loopback,
      handshakeTimeout: timeoutMs,
      perMessageDeflate: false,
      closeTimeout: 500,
    };
    const socket = new WebSocket(`wss://${host}:${port}${streams.path}`, options);
    this.#sockets.set(id, socket);
    let detail = "";
    const opened = performance.now();
    socket.on("message", (data) => {
      if (this.#over || this.#sockets.get(id) !== socket) return;
      this.#log.message(id, versionOf(String(data)).version ?? "unknown", performance.now());
    });
    socket.on("error", (error) => {
      detail = wordsOf(error);
    });
    // The library tells `close` after every `error`, also of an attempt that never opened.
    socket.on("close", (code) => {
      if (this.#over || this.#sockets.get(id) !== socket) return;
      const now = performance.now();
      this.#log.closed(id, code, now, detail);
      setTimeout(() => this.#connect(id), code === noCloseFrame ? Math.max(0, attemptMs - (now - opened)) : 0);
    });
  }

  #endSilent(): void {
    for (const id of this.#log.silent(performance.now(), this.#config.streams.silentAfterMs)) {
      const dead = this.#sockets.get(id);
      this.#connect(id);
      dead?.terminate();
    }
  }
}
