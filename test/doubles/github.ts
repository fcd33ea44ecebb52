import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

export interface Comment {
  readonly id: number;
  body: string;
  readonly user: { readonly type: string };
}

/**
 * Stands for GitHub's API of issue comments on loopback: lists them by pages, makes and edits them for whoever has the token. It stands for
 * nothing else of GitHub: no rate limit, no rights but the token's.
 */
export class GitHubDouble {
  readonly comments: Comment[] = [];
  readonly asked: string[] = [];
  /** Answers every write with this status. */
  refuses: number | undefined;
  readonly #server: Server;
  readonly #token: string;

  private constructor(token: string) {
    this.#token = token;
    this.#server = createServer((request, response) => {
      this.#answer(request).then(
        ([status, body]) =>
          response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body)),
        (error: unknown) => response.writeHead(500).end(String(error)),
      );
    });
  }

  static async start(token: string): Promise<GitHubDouble> {
    const double = new GitHubDouble(token);
    await new Promise<void>((resolve) => double.#server.listen(0, "127.0.0.1", resolve));
    return double;
  }

  get url(): string {
    const { port } = this.#server.address() as AddressInfo;
    return `http://127.0.0.1:${port}`;
  }

  async stop(): Promise<void> {
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request: IncomingMessage): Promise<readonly [number, unknown]> {
    const { method = "", url = "" } = request;
    this.asked.push(`${method} ${url}`);
    if (request.headers.authorization !== `Bearer ${this.#token}`) return [401, { message: "Bad credentials" }];
    const { pathname, searchParams } = new URL(url, this.url);
    const list = /^\/repos\/ann\/shop\/issues\/7\/comments$/.test(pathname);
    if (method === "GET" && list) {
      const [page, size] = ["page", "per_page"].map((name) => Number(searchParams.get(name)));
      return [200, this.comments.slice(((page ?? 1) - 1) * (size ?? 30), (page ?? 1) * (size ?? 30))];
    }
    if (this.refuses !== undefined) return [this.refuses, { message: "Resource not accessible by integration" }];
    const { body }: { body: string } = JSON.parse(await text(request));
    if (method === "POST" && list) {
      const made = { id: 1000 + this.comments.length, body, user: { type: "Bot" } };
      this.comments.push(made);
      return [201, { ...made, html_url: `https://github.example/${made.id}` }];
    }
    const id = Number(/^\/repos\/ann\/shop\/issues\/comments\/(\d+)$/.exec(pathname)?.[1]);
    const known = this.comments.find((each) => each.id === id);
    if (method !== "PATCH" || known === undefined) return [404, { message: "Not Found" }];
    known.body = body;
    return [200, { ...known, html_url: `https://github.example/${id}` }];
  }
}
