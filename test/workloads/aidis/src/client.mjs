/** A client of the server: one connection, requests in turn. */
import { createConnection } from "node:net";

const timeoutMs = 10_000;

export class Client {
  #socket;
  #waiting = new Map();
  #next = 1;

  constructor(socket) {
    this.#socket = socket;
    let rest = "";
    socket.setEncoding("utf8").setNoDelay(true);
    socket.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line));
    });
    socket.on("error", (error) => this.#lose(error));
    socket.on("close", () => this.#lose(new Error("the server closed the connection")));
  }

  static connect(host, port) {
    return new Promise((resolve, reject) => {
      const socket = createConnection({ host, port, timeout: timeoutMs });
      socket.once("timeout", () =>
        socket.destroy(new Error(`no connection to ${host}:${port} in ${timeoutMs / 1000} s`)),
      );
      socket.once("error", reject);
      socket.once("connect", () => {
        socket.setTimeout(0);
        socket.off("error", reject);
        resolve(new Client(socket));
      });
    });
  }

  #take(reply) {
    this.#waiting.get(reply.id)?.resolve(reply);
    this.#waiting.delete(reply.id);
  }

  #lose(error) {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  /** The whole answer, good or bad. */
  async ask(method, params = {}, more = {}) {
    const id = this.#next++;
    const reply = new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
    const timer = setTimeout(() => this.#lose(new Error(`no answer to ${method} in ${timeoutMs / 1000} s`)), timeoutMs);
    this.#socket.write(`${JSON.stringify({ id, method, params, ...more })}\n`);
    return reply.finally(() => clearTimeout(timer));
  }

  /** The result; an answer that is an error throws. */
  async must(method, params = {}) {
    const reply = await this.ask(method, params);
    if (!reply.ok) throw new Error(`${method}: ${reply.error.type}: ${reply.error.message}`);
    return reply.result;
  }

  close() {
    this.#socket.end();
  }
}
