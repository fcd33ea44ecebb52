import { createServer, type Server } from "node:http";

/** A registry that says it is one and then never answers: what a broken proxy or an overloaded registry looks like. */
export class SilentRegistry {
  readonly port: number;
  readonly #server: Server;
  readonly #seen: string[];

  private constructor(server: Server, seen: string[], port: number) {
    this.#server = server;
    this.#seen = seen;
    this.port = port;
  }

  static async listen(): Promise<SilentRegistry> {
    const seen: string[] = [];
    const server = createServer((request, response) => {
      const path = request.url ?? "";
      if (path === "/v2/") {
        response.writeHead(200, { "docker-distribution-api-version": "registry/2.0" }).end("{}");
        return;
      }
      // No answer, ever: the connection stays open.
      seen.push(path);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the registry has no port");
    return new SilentRegistry(server, seen, address.port);
  }

  /** Requests that were left without an answer. */
  get asked(): number {
    return this.#seen.length;
  }

  hangUp(): void {
    this.#server.closeAllConnections();
  }

  async close(): Promise<void> {
    this.hangUp();
    await new Promise((done) => this.#server.close(done));
  }
}
