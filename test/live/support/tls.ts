import { X509Certificate } from "node:crypto";
import { Agent, type RequestOptions, request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import { connect } from "node:tls";

/** The edge of this machine under a name, as a client of TLS meets it. */
export interface Door {
  readonly port: number;
  readonly name: string;
  readonly ca: string;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** The certificate that a new connection is shown, whatever it is worth. @throws Error when there is none */
export function shown({ port, name }: Pick<Door, "port" | "name">): Promise<X509Certificate> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, servername: name, rejectUnauthorized: false }, () => {
      const { raw } = socket.getPeerCertificate();
      socket.destroy();
      resolve(new X509Certificate(raw));
    });
    socket.on("error", reject);
  });
}

export interface Asked extends Pick<RequestOptions, "method" | "localAddress" | "agent"> {
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

/** A request as a user makes it, certificate verified. */
export function ask({ port, name, ca }: Door, path: string, asked: Asked = {}): Promise<Answer> {
  const { body, headers, ...options } = asked;
  return new Promise((resolve, reject) => {
    const call = request(
      {
        host: "127.0.0.1",
        port,
        ca,
        servername: name,
        path,
        agent: false,
        timeout: 20_000,
        ...options,
        headers: {
          host: `${name}:${port}`,
          ...(body !== undefined &&
            headers?.["transfer-encoding"] === undefined && { "content-length": Buffer.byteLength(body) }),
          ...headers,
        },
      },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => {
          text += chunk;
        });
        response
          .on("error", reject)
          .on("end", () => resolve({ status: response.statusCode ?? 0, body: text, headers: response.headers }));
      },
    );
    call.on("timeout", () => call.destroy(new Error("no answer within 20 s")));
    call.on("error", reject);
    call.end(body);
  });
}

/** Below the limit of one address in every test. */
const everyMs = 150;
const localAddress = "127.0.0.8";

/** Asks on and on, by turns on a connection that is kept and on a new one, until it is told to stop; answers what failed, and how often it asked. */
export class Asker {
  readonly failed: string[] = [];
  asked = 0;
  #until = Number.POSITIVE_INFINITY;
  readonly #done: Promise<void>;

  constructor(door: Door, path: string) {
    const kept = new Agent({ keepAlive: true, maxSockets: 1 });
    this.#done = this.#run(door, path, kept).finally(() => kept.destroy());
  }

  /** Ends it after `more` further questions: how many fit into what was watched is the machine's affair, that some follow it is not. */
  async stop(more = 10): Promise<void> {
    this.#until = this.asked + more;
    await this.#done;
  }

  async #run(door: Door, path: string, kept: Agent): Promise<void> {
    while (this.asked < this.#until) {
      this.asked += 1;
      try {
        const { status } = await ask(door, path, { localAddress, agent: this.asked % 2 === 0 && kept });
        if (status !== 200) this.failed.push(`${status}`);
      } catch (error) {
        this.failed.push(String(error));
      }
      await pause(everyMs);
    }
  }
}
