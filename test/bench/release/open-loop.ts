import type { FailureKind } from "./failure.ts";
import type { LoadConfig } from "./load-config.ts";
import type { Answer } from "./tally.ts";
import type { Transport, Wanted } from "./transport.ts";

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
 * What a request has on its connection at least, although it failed before because it had waited: a connection that is dropped costs a new
 * handshake, and one for each of them would keep a system down that has long been well.
 */
const leastMs = 1000;

/**
 * Sends at a steady rate, whatever the answers do. A request that finds every connection taken waits here, and its time runs from
 * when it was due; a closed loop would send nothing while the system stalls, and measure nothing of it.
 */
export class OpenLoop {
  readonly #config: LoadConfig;
  readonly #transport: Transport;
  readonly #listener: Listener;
  readonly #waiting: Wanted[] = [];
  #inFlight = 0;
  #idle: (() => void) | undefined;

  constructor(config: LoadConfig, transport: Transport, listener: Listener) {
    this.#config = config;
    this.#transport = transport;
    this.#listener = listener;
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
    const { method, due, key, fresh } = one;
    const sent = performance.now();
    let told = false;
    let over = false;
    const tell = (what: () => void) => {
      if (told) return;
      told = true;
      clearTimeout(timer);
      what();
    };
    const end = () => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      if (!fresh) this.#inFlight--;
      this.#pump();
      if (this.waiting === 0) this.#idle?.();
    };
    const fail = (kind: FailureKind, detail: string) => tell(() => this.#listener.bad(one, kind, detail));
    if (!fresh) this.#inFlight++;
    const pending = this.#transport.send(one, {
      good: (version) => {
        const done = performance.now();
        tell(() => this.#listener.good({ method, due, done, version }, sent, key));
        end();
      },
      bad: (kind, detail) => {
        fail(kind, detail);
        end();
      },
    });
    const giveUp = () => {
      pending.drop();
      end();
    };
    let timer = setTimeout(
      () => {
        fail("timeout", pending.begun ? "the answer did not end" : "no answer");
        timer = setTimeout(giveUp, Math.max(0, sent + leastMs - performance.now()));
      },
      Math.max(1, due + this.#config.timeoutMs - sent),
    );
  }
}
