/**
 * Users of a JSON-lines server: `HOST PORT PREFIX`. Four clients, 20 requests a second, pings and stored contexts in turn. They leave when the
 * server says drain: new requests go by a new connection, what is out is awaited on the old one. SIGTERM ends it; then each acknowledged
 * key stands on a line, then the tally.
 */
import { connect } from "node:net";

const [host = "", port = "", prefix = ""] = process.argv.slice(1);
const clients = 4;
const everyMs = 200;
const timeoutMs = 10_000;

const tally = { asked: 0, answered: 0, reconnects: 0, longestMs: 0, versions: {}, failures: [] };
const acknowledged = [];
const began = performance.now();
let stopping = false;

function fail(what) {
  tally.failures.push(`${((performance.now() - began) / 1000).toFixed(1)} s: ${what}`);
}

/** One connection; `drained` is called once the server wants it to leave, `lost` when it went without a word. */
function open(drained, lost) {
  const socket = connect({ host, port: Number(port), noDelay: true }).setEncoding("utf8");
  const out = new Map();
  let rest = "";
  let leaving = false;

  const leaveWhenDone = () => leaving && out.size === 0 && socket.end();
  socket.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) take(JSON.parse(line));
  });
  function take(reply) {
    if (reply.event === "drain") {
      leaving = true;
      drained();
    } else settle(reply);
    leaveWhenDone();
  }
  function settle(reply) {
    const asked = out.get(reply.id);
    if (asked === undefined) return fail(`an answer to nothing: ${JSON.stringify(reply).slice(0, 200)}`);
    out.delete(reply.id);
    clearTimeout(asked.timer);
    tally.answered += 1;
    tally.longestMs = Math.max(tally.longestMs, performance.now() - asked.at);
    if (!reply.ok) return fail(`refused: ${reply.error.type}: ${reply.error.message}`);
    tally.versions[reply.version] = (tally.versions[reply.version] ?? 0) + 1;
    if (asked.key !== undefined) acknowledged.push(asked.key);
  }
  socket.on("error", (error) => fail(`connection: ${error.code ?? error.message}`));
  socket.on("close", () => {
    if (out.size > 0) fail(`closed with ${out.size} requests unanswered`);
    else if (!leaving && !stopping) fail("closed without a word");
    for (const { timer } of out.values()) clearTimeout(timer);
    if (!leaving) lost();
  });
  return {
    ask(request, key) {
      const timer = setTimeout(() => fail(`no answer in ${timeoutMs / 1000} s`), timeoutMs);
      out.set(request.id, { at: performance.now(), key, timer });
      socket.write(`${JSON.stringify(request)}\n`);
    },
    end() {
      leaving = true;
      leaveWhenDone();
      return new Promise((resolve) => (socket.closed ? resolve() : socket.once("close", resolve)));
    },
  };
}

function client(number) {
  let line;
  const renew = () => {
    if (stopping) return;
    tally.reconnects += 1;
    line = open(renew, () => setTimeout(renew, 200));
  };
  renew();
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    tally.asked += 1;
    const id = `${number}-${turn}`;
    if (turn % 2 === 0) return line.ask({ id, method: "ping" });
    const content = `${prefix}${id}`;
    line.ask({ id, method: "context_store", params: { user: prefix, content } }, content);
  }, everyMs);
  return async () => {
    clearInterval(timer);
    await line.end();
  };
}

const all = Array.from({ length: clients }, (_, number) => client(number));
process.on("SIGTERM", async () => {
  stopping = true;
  await Promise.race([
    Promise.all(all.map((stop) => stop())),
    new Promise((resolve) => setTimeout(resolve, timeoutMs)),
  ]);
  tally.reconnects -= clients;
  process.stdout.write(`${[...acknowledged, JSON.stringify(tally)].join("\n")}\n`, () => process.exit(0));
});
