import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";

const key = "fedcba9876543210".repeat(2);
const project = "42";

/** A DOUBLE of Sentry for tests: takes envelopes of one project by its key and keeps the events in them, as they came. */
export class SentryDouble {
  /** What was reported, each the JSON of one event; sessions and other items of an envelope are left out. */
  readonly events: string[] = [];
  readonly #server: Server;
  #host = "";

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  /** @param address where it listens, e.g. the gateway of a network whose containers reach it */
  static async start(address: string): Promise<SentryDouble> {
    const double = new SentryDouble();
    double.#server.listen(0, address);
    await once(double.#server, "listening");
    const at = double.#server.address();
    if (at === null || typeof at === "string") throw new Error("the double of Sentry has no port");
    double.#host = `${address}:${at.port}`;
    console.log(`  a DOUBLE of Sentry answers at http://${double.#host}`);
    return double;
  }

  get dsn(): string {
    return `http://${key}@${this.#host}/${project}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const known = request.headers["x-sentry-auth"]?.includes(`sentry_key=${key}`) === true;
    if (request.url !== `/api/${project}/envelope/` || !known) {
      response.writeHead(403).end();
      return;
    }
    const zipped = request.headers["content-encoding"] === "gzip";
    this.events.push(...eventsOf((zipped ? gunzipSync(body) : body).toString()));
    response.writeHead(200, { "content-type": "application/json" }).end("{}");
  }
}

/** An envelope is a line of its own, then two for each item: what it is, and the item. */
function eventsOf(envelope: string): readonly string[] {
  const [, ...lines] = envelope.split("\n");
  return lines.filter((_, place) => place % 2 === 1 && JSON.parse(lines[place - 1] ?? "{}").type === "event");
}
