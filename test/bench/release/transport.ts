import type { FailureKind } from "./failure.ts";
import { HttpsTransport } from "./https-transport.ts";
import type { LoadConfig, Protocol } from "./load-config.ts";
import { TcpTransport } from "./tcp-transport.ts";

/** One request, as the load wants it. */
export interface Wanted {
  readonly method: "GET" | "POST";
  /** When it is to be sent, in milliseconds of performance.now(). */
  readonly due: number;
  /** On a connection of its own. */
  readonly fresh: boolean;
  /** The request's own key. */
  readonly key: string;
}

/** Who hears what became of a request: one of the two, once. */
export interface Told {
  /** A whole answer; with the version that it names, if it names one. */
  good(version: string | undefined): void;
  bad(kind: FailureKind, detail: string): void;
}

/** A request under way. */
export interface Pending {
  /** Whether its answer has begun. */
  readonly begun: boolean;
  /** Gives it up, with its connection. */
  drop(): void;
}

export interface StreamTold {
  message(version: string): void;
  /** Told once, also of an attempt that never opened. @param code a WebSocket's; `noCloseFrame` for an end without a word */
  closed(code: number, detail: string): void;
}

/** A way to speak to a system. It keeps connections; how many requests are out at once is the load's business. */
export interface Transport {
  send(wanted: Wanted, told: Told): Pending;
  /** A long session that hears again and again which version serves it. */
  stream(told: StreamTold): Pick<Pending, "drop">;
  close(): void;
}

/** Where a system answers and how it is asked. */
export type Place = Pick<LoadConfig, "host" | "port" | "timeoutMs" | "connections"> & { readonly ca: string };

export function transportOf(protocol: Protocol, place: Place, bearer?: string): Transport {
  return protocol.transport === "tcp" ? new TcpTransport(protocol, place) : new HttpsTransport(protocol, place, bearer);
}
