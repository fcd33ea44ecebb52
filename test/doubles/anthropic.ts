import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";

/**
 * A DOUBLE of Anthropic's Messages API for tests. It understands nothing: of an inventory's items it answers by a word in their notes. Key,
 * headers and the forms of the answers are Anthropic's own.
 */
export class AnthropicDouble {
  /** Statuses of the answers, in order. */
  readonly calls: number[] = [];
  readonly key = "sk-ant-double-0123456789";
  readonly #server: Server;
  #url = "";

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  /** @param address where it listens, e.g. the gateway of Docker's default bridge, which containers reach */
  static async start(address: string): Promise<AnthropicDouble> {
    const double = new AnthropicDouble();
    double.#server.listen(0, address);
    await once(double.#server, "listening");
    const at = double.#server.address();
    if (at === null || typeof at === "string") throw new Error("the double of Anthropic has no port");
    double.#url = `http://${address}:${at.port}`;
    console.log(`  a DOUBLE of Anthropic answers at ${double.#url}`);
    return double;
  }

  /** The base URL. */
  get url(): string {
    return this.#url;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { status, json } = this.#reply(request, await text(request));
    this.calls.push(status);
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  }

  #reply({ method, url, headers }: IncomingMessage, body: string): Reply {
    if (headers["x-api-key"] !== this.key) return refusal(401, "authentication_error", "invalid x-api-key");
    if (headers["anthropic-version"] === undefined)
      return refusal(400, "invalid_request_error", "anthropic-version: header is required");
    if (method !== "POST" || url !== "/v1/messages") return refusal(404, "not_found_error", "Not Found");
    const { model, messages } = JSON.parse(body) as { model: string; messages: { content: string }[] };
    const items = JSON.parse(messages.at(-1)?.content ?? "[]") as { name: string; notes: string }[];
    const said = JSON.stringify(Object.fromEntries(items.map(({ name, notes }) => [name, statusBy(notes)])));
    const content = [{ type: "text", text: said }];
    const usage = { input_tokens: 0, output_tokens: 0 };
    return {
      status: 200,
      json: { id: `msg_double_${this.calls.length}`, type: "message", role: "assistant", model, content, usage },
    };
  }
}

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

function statusBy(notes: string): string {
  if (/invoice/i.test(notes)) return "known";
  return /included/i.test(notes) ? "internal_no_cost" : "unknown";
}

function refusal(status: number, type: string, message: string): Reply {
  return { status, json: { type: "error", error: { type, message } } };
}
