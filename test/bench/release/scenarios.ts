import {
  change,
  common,
  env,
  givenByConfig,
  health,
  image,
  renewedByEdge,
  scale,
  shortLivedCertificate,
} from "./releases.ts";
import { load, type PartCommand, type Scenario } from "./scenario.ts";

const tmws: Scenario = {
  system: "tmws",
  mode: "stop-first",
  domain: "tmws.localhost",
  setUp: [
    change("1000000", "slipway:app", "extraEnv", "TMWS_RATE_LIMIT_PER_MINUTE"),
    // A line in the log for each request is a tenth of its work.
    change("WARNING", "slipway:app", "logLevel"),
    ...common,
    ...shortLivedCertificate,
  ],
  protocol: {
    transport: "https",
    get: { path: "/health" },
    post: { path: "/api/v1/memories", body: '{"text":"$key"}' },
    stream: { path: "/stream", by: "websocket" },
  },
  bearer: { part: "app", argv: ["tmws", "api-key"] },
  written: {
    part: "app",
    argv: ["sqlite3", "/app/data/tmws.db", "SELECT text FROM memories WHERE text LIKE '$prefix%'"],
  },
  web: { part: "app", port: 8000 },
  composeCommands: {},
  releases: [image("2.4.1"), env("ERROR", "logLevel"), health, renewedByEdge],
};

const orders: Scenario = {
  system: "orders",
  mode: "overlap",
  domain: "orders.localhost",
  setUp: [
    ...product("./test/workloads/orders/system.ts", "orders", "orders.localhost"),
    ...common,
    ...shortLivedCertificate,
  ],
  protocol: {
    transport: "https",
    get: { path: "/version" },
    post: { path: "/orders", body: '{"key":"$key","item":"bolt","quantity":1}' },
    stream: { path: "/stream", by: "websocket" },
  },
  written: sql("orders", "SELECT key FROM orders WHERE key LIKE '$prefix%'"),
  web: { part: "web", port: 8000 },
  composeCommands: { worker: ["orders-worker"] },
  releases: [
    image("1.0.1"),
    env("good day", "extraEnv", "ORDERS_GREETING"),
    health,
    // From the three that the other releases replace.
    scale("replicas"),
    renewedByEdge,
  ],
};

/** Guide 003. A write is an order by the chatbot, of a user of its own: one customer's row would make them wait for each other. */
const tria: Scenario = {
  system: "tria",
  mode: "overlap",
  domain: "tria.localhost",
  setUp: [...product("tria", "tria", "tria.localhost"), ...common, ...shortLivedCertificate],
  needs: ["openai"],
  protocol: {
    transport: "https",
    get: { path: "/version" },
    post: {
      path: "/api/chatbot",
      body: '{"message":"order 1 x BOX-12","user_id":"$key"}',
      headers: { "idempotency-key": "$key" },
    },
    stream: { path: "/stream", by: "websocket" },
  },
  rate: {
    requestsPerSecond: load.requestsPerSecond,
    postShare: 0.02,
    why: "a write is a conversation with an order in it and takes 18 ms of two cores, where a read takes 2",
  },
  // A key whose order is missing is a lost write, one with two orders a doubled one.
  written: sql(
    "tria_aibpo",
    "SELECT k.key FROM idempotency_keys k JOIN customers c USING (user_id) JOIN orders o ON o.customer_id = c.id WHERE k.key LIKE '$prefix%'",
  ),
  web: { part: "backend", port: 8003 },
  composeCommands: {},
  releases: [image("1.0.1"), env("0.09", "taxRate"), health, scale("replicas"), renewedByEdge],
};

/** Guide 002, at the port that the switch publishes. A long session stands where the others have a stream. */
const aidis: Scenario = {
  system: "aidis",
  mode: "overlap",
  domain: "aidis.localhost",
  setUp: [
    ...product("aidis", "aidis", "aidis.localhost"),
    change(true, "slipway:tcp", "public"),
    // Two releases of three servers fit into PostgreSQL's connections as they are: more would replace it.
    change(10, "slipway:app", "databaseMaxConnections"),
    ...common,
  ],
  protocol: {
    transport: "tcp",
    get: { line: '{"id":"$key","method":"ping"}' },
    post: { line: '{"id":"$key","method":"context_store","params":{"user":"bench","content":"$key"}}' },
    stream: { line: '{"id":"$key","method":"version"}' },
  },
  written: sql("aidis_production", "SELECT content FROM contexts WHERE content LIKE '$prefix%'"),
  web: { part: "mcp", port: 3001 },
  composeCommands: {},
  releases: [image("1.0.1"), env("warn", "logLevel"), health, scale("replicas"), givenByConfig],
};

/** Guide 004. Workers and the one scheduler are released beside the three that answer. */
const diligence: Scenario = {
  system: "diligence",
  mode: "overlap",
  domain: "diligence.localhost",
  setUp: [...product("diligence", "diligence", "diligence.localhost"), ...common, ...shortLivedCertificate],
  needs: ["anthropic"],
  protocol: {
    transport: "https",
    get: { path: "/api/version" },
    post: { path: "/api/notes", body: '{"key":"$key","text":"$key"}' },
    stream: { path: "/stream", by: "events" },
  },
  bearer: { part: "web", argv: ["printenv", "API_TOKEN"] },
  written: sql("itdd", "SELECT key FROM notes WHERE key LIKE '$prefix%'"),
  web: { part: "web", port: 5001 },
  composeCommands: { worker: ["diligence-worker"], beat: ["diligence-beat"] },
  releases: [
    image("2.4.1"),
    env("good day", "extraEnv", "DILIGENCE_GREETING"),
    health,
    scale("replicas"),
    renewedByEdge,
  ],
};

/** Guide 001. A write is embedded by the real Ollama, with a model that is tiny. */
const tmws23: Scenario = {
  ...tmws,
  system: "tmws-2.3",
  setUp: [...product("tmws-2.3", "tmws-2.3", tmws.domain), ...tmws.setUp],
  needs: ["tiny model"],
  rate: {
    requestsPerSecond: 150,
    postShare: 0.002,
    why: "a write is an embedding by Ollama and takes a core half a second, where a read takes 3 ms",
  },
  releases: [image("2.3.2"), env("ERROR", "logLevel"), health, renewedByEdge],
};

const scenarios: readonly Scenario[] = [tmws, orders, tria, aidis, diligence, tmws23];

/** Another system than the one of the file that every test stack begins with. */
function product(system: string, workload: string, domain: string) {
  return [
    change(system, "slipway:system"),
    change(`test/workloads/${workload}`, "slipway:image", "build", "context"),
    change(domain, "slipway:edge", "domain"),
  ];
}

function sql(database: string, query: string): PartCommand {
  return { part: "postgres", argv: ["psql", "-U", "postgres", "-d", database, "-Atc", query] };
}

/** @throws Error naming what there is */
export function scenariosOf(system: string | undefined, only: readonly string[]): readonly Scenario[] {
  const chosen = scenarios.filter((each) => system === undefined || each.system === system);
  if (chosen.length === 0)
    throw new Error(`no system "${system}"; there are ${scenarios.map((each) => each.system).join(", ")}`);
  const kinds = new Set(chosen.flatMap((each) => each.releases.map((release) => release.kind)));
  const unknown = only.filter((word) => ![...kinds].some((kind) => kind === word));
  if (unknown.length > 0) throw new Error(`no release "${unknown.join(", ")}"; there are ${[...kinds].join(", ")}`);
  if (only.length === 0) return chosen;
  return chosen.map((each) => ({ ...each, releases: each.releases.filter(({ kind }) => only.includes(kind)) }));
}
