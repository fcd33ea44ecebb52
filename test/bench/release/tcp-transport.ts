import { createSecureContext, type SecureContext } from "node:tls";
import { LineConnection } from "./line-connection.ts";
import type { TcpProtocol } from "./load-config.ts";
import { noCloseFrame, orderly } from "./stream-log.ts";
import type { Pending, Place, StreamTold, Told, Transport, Wanted } from "./transport.ts";

/** How often a stream asks, in milliseconds: often enough to hear of another version, rarely enough to be nearly idle. */
const askMs = 1000;

/** JSON lines over TLS at the port that the switch publishes: kept connections with one request at a time each, streams that say little. */
export class TcpTransport implements Transport {
  readonly #protocol: TcpProtocol;
  readonly #place: Place;
  readonly #secureContext: SecureContext;
  readonly #idle: LineConnection[] = [];

  constructor(protocol: TcpProtocol, place: Place) {
    this.#protocol = protocol;
    this.#place = place;
    this.#secureContext = createSecureContext({ ca: place.ca });
  }

  send({ method, fresh, key }: Wanted, told: Told): Pending {
    const { get, post } = this.#protocol;
    const connection = fresh ? this.#open() : this.#kept();
    const line = (method === "POST" ? post : get).line.replaceAll("$key", key);
    connection.ask(line, key, {
      good: (version) => {
        if (fresh) connection.leave();
        else this.#idle.push(connection);
        told.good(version);
      },
      bad: (kind, detail) => {
        connection.leave();
        told.bad(kind, detail);
      },
    });
    return {
      get begun() {
        return connection.begun;
      },
      drop: () => connection.destroy(),
    };
  }

  stream(told: StreamTold): Pick<Pending, "drop"> {
    const connection = this.#open();
    const { line } = this.#protocol.stream;
    let number = 0;
    let refused = "";
    const ask = () => {
      if (connection.busy || connection.leaving) return;
      number++;
      connection.ask(line.replaceAll("$key", String(number)), String(number), {
        good: (version) => told.message(version ?? "unknown"),
        bad: (kind, detail) => {
          refused = `${kind}: ${detail}`;
          connection.destroy();
        },
      });
    };
    const ticker = setInterval(ask, askMs);
    connection.onClose((error) => {
      clearInterval(ticker);
      // An end amid a request is told as that request's failure, and here as a cut.
      if (connection.announced && refused === "") told.closed(orderly, "");
      else told.closed(noCloseFrame, refused || (error?.message ?? "closed without a word"));
    });
    ask();
    return { drop: () => connection.destroy() };
  }

  close(): void {
    for (const connection of this.#idle) connection.leave();
  }

  /** The one that has waited longest, so that all stay in use; a new one where none is left. */
  #kept(): LineConnection {
    for (let next = this.#idle.shift(); next !== undefined; next = this.#idle.shift()) if (!next.leaving) return next;
    return this.#open();
  }

  #open(): LineConnection {
    const { host, port } = this.#place;
    return new LineConnection({ host: "127.0.0.1", port, servername: host, secureContext: this.#secureContext });
  }
}
