import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";

const told = z.looseObject({ event: z.string(), release: z.string(), text: z.string(), why: z.string().optional() });

/** A receiver of announcements on this machine. */
export class Webhook {
  readonly url: string;
  readonly #server: Server;
  readonly #heard: z.infer<typeof told>[];

  private constructor(server: Server, heard: z.infer<typeof told>[], url: string) {
    this.#server = server;
    this.#heard = heard;
    this.url = url;
  }

  static async listen(): Promise<Webhook> {
    const heard: z.infer<typeof told>[] = [];
    const server = createServer(async (request, response) => {
      heard.push(told.parse(await json(request)));
      response.writeHead(200).end();
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    const address = server.address();
    if (address === null || typeof address === "string") throw new Error("the webhook has no port");
    return new Webhook(server, heard, `http://127.0.0.1:${address.port}/hooks/the-secret-of-this-hook`);
  }

  /** What came since the last call. */
  take(): readonly z.infer<typeof told>[] {
    return this.#heard.splice(0);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
