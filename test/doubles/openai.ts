import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { setTimeout as pause } from "node:timers/promises";

/** What a call came to. */
export interface Call {
  readonly method: string;
  readonly path: string;
  readonly status: number;
}

/** How the double behaves; changed at any time. */
export interface Manners {
  /** Answers 500 to everything. */
  failing: boolean;
  /** Milliseconds before each answer. */
  slowMs: number;
}

const dimensions = 16;

/**
 * A DOUBLE of OpenAI's API for tests: models, chat/completions, embeddings. It understands nothing: a chat answer repeats what it was told,
 * an embedding counts words. Key, model and the forms of the answers are OpenAI's own.
 */
export class OpenAIDouble {
  readonly manners: Manners = { failing: false, slowMs: 0 };
  /** Answered ones, in order. */
  readonly calls: Call[] = [];
  /** Requests that have come in, answered or not. */
  received = 0;
  readonly key: string;
  readonly model: string;
  readonly #server: Server;
  #url = "";

  private constructor(key: string, model: string) {
    this.key = key;
    this.model = model;
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  /** @param address where it listens, e.g. the gateway of Docker's default bridge, which containers reach */
  static async start(
    address: string,
    key = "sk-double-0123456789",
    model = "gpt-4-turbo-preview",
  ): Promise<OpenAIDouble> {
    const double = new OpenAIDouble(key, model);
    double.#server.listen(0, address);
    await once(double.#server, "listening");
    const at = double.#server.address();
    if (at === null || typeof at === "string") throw new Error("the double of OpenAI has no port");
    double.#url = `http://${address}:${at.port}/v1`;
    console.log(`  a DOUBLE of OpenAI answers at ${double.#url}`);
    return double;
  }

  /** The base URL. */
  get url(): string {
    return this.#url;
  }

  count(path: string): number {
    return this.calls.filter((call) => call.path === path).length;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, "close");
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").replace(/^\/v1/, "");
    const method = request.method ?? "GET";
    const body = await text(request);
    this.received += 1;
    await pause(this.manners.slowMs);
    const { status, json } = this.#reply(method, path, request.headers.authorization, body);
    this.calls.push({ method, path, status });
    response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(json));
  }

  #reply(method: string, path: string, authorization: string | undefined, body: string): Reply {
    if (this.manners.failing) return refusal(500, "The double was told to fail", "server_error");
    if (authorization !== `Bearer ${this.key}`) return refusal(401, "Incorrect API key provided", "invalid_api_key");
    const model = { id: this.model, object: "model", created: 1706037777, owned_by: "double" };
    if (method === "GET" && path === "/models") return { status: 200, json: { object: "list", data: [model] } };
    if (method === "GET" && path === `/models/${this.model}`) return { status: 200, json: model };
    if (method === "POST" && path === "/chat/completions") return this.#chat(body);
    if (method === "POST" && path === "/embeddings") return embeddings(body);
    return refusal(404, `The model or path ${path} does not exist`, "model_not_found");
  }

  #chat(body: string): Reply {
    const { model, messages } = JSON.parse(body) as { model: string; messages: { role: string; content: string }[] };
    if (model !== this.model) return refusal(404, `The model ${model} does not exist`, "model_not_found");
    const said = messages.findLast(({ role }) => role === "user")?.content ?? "";
    const message = { role: "assistant", content: `A double answers: you said "${said}"` };
    return {
      status: 200,
      json: {
        id: `chatcmpl-double-${this.calls.length}`,
        object: "chat.completion",
        model,
        choices: [{ index: 0, message, finish_reason: "stop" }],
        usage: { prompt_tokens: 0, completion_tokens: 0, total_tokens: 0 },
      },
    };
  }
}

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

function refusal(status: number, message: string, code: string): Reply {
  return { status, json: { error: { message, type: "invalid_request_error", code } } };
}

function embeddings(body: string): Reply {
  const { input } = JSON.parse(body) as { input: string | string[] };
  const data = [input].flat().map((each, index) => ({ object: "embedding", index, embedding: embed(each) }));
  return { status: 200, json: { object: "list", data } };
}

/** Texts that share words are near each other, which is all that a test needs. */
function embed(said: string): readonly number[] {
  const vector = Array.from({ length: dimensions }, () => 0);
  for (const word of said.toLowerCase().match(/\w+/g) ?? []) {
    const place = createHash("sha256").update(word).digest().readUInt8() % dimensions;
    vector[place] = (vector[place] ?? 0) + 1;
  }
  return vector;
}
