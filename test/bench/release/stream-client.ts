import type { LoadConfig } from "./load-config.ts";
import { noCloseFrame, type StreamLog } from "./stream-log.ts";
import type { Pending, Transport } from "./transport.ts";

/** Time between two attempts of a stream that is away: often enough for the 2 s it has, rarely enough not to be a load of its own. */
const attemptMs = 250;

/** Streams that come back whenever they end. */
export class StreamClients {
  readonly #config: LoadConfig;
  readonly #transport: Transport;
  readonly #log: StreamLog;
  readonly #streams = new Map<number, Pick<Pending, "drop">>();
  readonly #watch: NodeJS.Timeout;
  #over = false;

  constructor(config: LoadConfig, transport: Transport, log: StreamLog) {
    this.#config = config;
    this.#transport = transport;
    this.#log = log;
    for (let id = 0; id < config.streams.count; id++) this.#connect(id);
    this.#watch = setInterval(() => this.#endSilent(), 500);
  }

  stop(): void {
    this.#over = true;
    clearInterval(this.#watch);
    for (const stream of this.#streams.values()) stream.drop();
  }

  #connect(id: number): void {
    if (this.#over) return;
    const opened = performance.now();
    const current = () => !this.#over && this.#streams.get(id) === stream;
    const stream = this.#transport.stream({
      message: (version) => {
        if (current()) this.#log.message(id, version, performance.now());
      },
      closed: (code, detail) => {
        if (!current()) return;
        const now = performance.now();
        this.#log.closed(id, code, now, detail);
        setTimeout(() => this.#connect(id), code === noCloseFrame ? Math.max(0, attemptMs - (now - opened)) : 0);
      },
    });
    this.#streams.set(id, stream);
  }

  #endSilent(): void {
    for (const id of this.#log.silent(performance.now(), this.#config.streams.silentAfterMs)) {
      const dead = this.#streams.get(id);
      this.#connect(id);
      dead?.drop();
    }
  }
}
