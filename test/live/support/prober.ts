/**
 * Asks ports of a host 20 times a second each, `HOST PORT...`, whatever became of the question before. SIGTERM ends it; then it prints, as JSON, when it was
 * answered, by port, in milliseconds since 1970, and how often it asked. Run in the network of who asks.
 */
import { connect } from "node:net";

const [host = "", ...ports] = process.argv.slice(2);
const everyMs = 50;
const patienceMs = 1000;

const asked: number[] = [];
const answered = Object.fromEntries(ports.map((port): readonly [string, number[]] => [port, []]));

function ask(port: string): void {
  const at = Date.now();
  asked.push(at);
  const socket = connect({ host, port: Number(port), timeout: patienceMs });
  socket.once("connect", () => {
    answered[port]?.push(at);
    socket.destroy();
  });
  socket.once("timeout", () => socket.destroy());
  // Refused, or no way there: no answer.
  socket.on("error", () => socket.destroy());
}

const timer = setInterval(() => {
  for (const port of ports) ask(port);
}, everyMs);

process.once("SIGTERM", () => {
  clearInterval(timer);
  console.log(JSON.stringify({ asked: asked.length, answered }));
  process.exit(0);
});
console.log("asking");
