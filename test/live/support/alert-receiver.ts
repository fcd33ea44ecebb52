import { createServer, type Server } from "node:http";
import { json } from "node:stream/consumers";
import { z } from "zod";

const message = z.looseObject({
  receiver: z.string(),
  alerts: z.array(
    z.looseObject({
      status: z.enum(["firing", "resolved"]),
      labels: z.record(z.string(), z.string()),
      annotations: z.record(z.string(), z.string()),
    }),
  ),
});

export interface Heard {
  readonly receiver: string;
  readonly status: "firing" | "resolved";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

/** A webhook receiver on this machine, reached from containers by the host's name. */
export class AlertReceiver {
  readonly heard: Heard[] = [];
  readonly #server: Server = createServer(async (request, response) => {
    const { receiver, alerts } = message.parse(await json(request));
    this.heard.push(...alerts.map(({ status, labels, annotations }) => ({ receiver, status, labels, annotations })));
    response.writeHead(200).end();
  });

  /** @returns the URL as a container writes it */
  async listen(): Promise<string> {
    await new Promise<void>((done) => this.#server.listen(0, "0.0.0.0", done));
    const address = this.#server.address();
    if (address === null || typeof address === "string") throw new Error("the receiver has no port");
    return `http://host.docker.internal:${address.port}/the-secret-of-this-hook`;
  }

  find(alert: string, status: Heard["status"], from = 0): Heard | undefined {
    return this.heard.slice(from).find((each) => each.labels["alertname"] === alert && each.status === status);
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((done) => this.#server.close(done));
  }
}
