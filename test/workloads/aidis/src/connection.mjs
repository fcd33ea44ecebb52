/** The TCP side: JSON lines, answered in the order in which they came, and the drain. */
import { createServer } from "node:net";
import { answer } from "./answer.mjs";
import { log } from "./log.mjs";
import { Gauge } from "./metrics.mjs";

const longestLine = 4 * 1024 * 1024;
const drainLine = `${JSON.stringify({ event: "drain" })}\n`;

export class LineServer {
  #open = new Map();
  #server;
  #context;
  #draining = false;

  /** @param context what every request gets: settings, database, sessions */
  constructor(context) {
    this.#context = context;
    this.#server = createServer({ keepAlive: true, allowHalfOpen: true }, (socket) => this.#accept(socket));
    new Gauge("aidis_connections", "Clients that are connected", () => this.#open.size);
  }

  listen(port) {
    return new Promise((resolve, reject) => this.#server.once("error", reject).listen(port, resolve));
  }

  #accept(socket) {
    const connection = {};
    let rest = "";
    let busy = Promise.resolve();
    this.#open.set(socket, () => busy);
    socket.setEncoding("utf8").setNoDelay(true);
    const ask = async (line) => {
      const reply = await answer(line, { ...this.#context, connection });
      if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`);
      // A browser that was led here speaks HTTP: nothing of what follows its first line may be taken for a request.
      if (reply.error?.message === "not JSON") socket.end();
    };
    const queue = (line) => {
      if (line.trim() !== "") busy = busy.then(() => (socket.writable ? ask(line) : undefined));
    };
    socket.on("data", (text) => {
      const lines = (rest + text).split("\n");
      rest = lines.pop() ?? "";
      if (rest.length > longestLine) socket.destroy();
      for (const line of lines) queue(line);
    });
    // `echo ... | nc` closes its side first: what it asked is still answered.
    socket.on("end", () => {
      queue(rest);
      busy.then(() => socket.end());
    });
    socket.on("error", (error) => log("debug", "connection", { error: error.message }));
    socket.on("close", () => this.#open.delete(socket));
    if (this.#draining) socket.write(drainLine);
  }

  /** Takes no new client, tells the others, answers on until they have left or their time is over; then what is in flight is finished. */
  async drain(seconds) {
    this.#draining = true;
    const left = new Promise((resolve) => this.#server.close(resolve));
    for (const socket of this.#open.keys()) if (socket.writable) socket.write(drainLine);
    log("info", "draining", { clients: this.#open.size });
    let timer;
    const over = new Promise((resolve) => {
      timer = setTimeout(resolve, seconds * 1000);
    });
    await Promise.race([left, over]);
    clearTimeout(timer);
    for (const [socket, busy] of this.#open) busy().then(() => socket.end());
    await Promise.all([...this.#open.values()].map((busy) => busy()));
    for (const socket of this.#open.keys()) socket.destroySoon();
  }
}
