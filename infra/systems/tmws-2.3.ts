import type { EnvValue } from "../../components/app/spec.ts";
import { alembic, type SchemaSpec } from "../../components/migration/spec.ts";
import type { HttpProbe, Probe } from "../../components/probe/spec.ts";
import type { Settings } from "../config/settings.ts";
import { defineSystem } from "./define.ts";
import type { System } from "./system.ts";
import { sharedEnvironment, sharedSecrets, tmwsLogged, withOllama } from "./tmws.shared.ts";
import { poolOf, type Tmws23App, tmws23Options } from "./tmws-2.3.options.ts";

type Own = Omit<Settings, "app">;

const databaseFile = "/app/data/tmws.db";
const chromaPath = "/app/.chroma";
const configPath = "/app/config";
const port = 8000;

/**
 * TMWS 2.3.1 (guide 001): FastAPI on SQLite in WAL mode, vectors, Ollama. It is the same product as TMWS 2.4 and bears its name: a stack
 * that changes from one to the other is the same stack, with the same volumes and secrets; the vectors' volume is mounted where each has them.
 */
export const tmws23 = defineSystem(
  tmws23Options,
  (app: Tmws23App, { edge, tier, ollama }: Own): System => ({
    name: "tmws",
    title: "TMWS 2.3.1",
    version: app.version,
    minimum: { cores: 2, memoryGb: 2, diskGb: 10, docker: "24.0", guide: "guide 001, System Requirements" },
    // SQLite has one writer (guide 001, "Scaling").
    mode: "stop-first",
    workloads: [
      {
        name: "app",
        replicas: app.replicas,
        user: "1000:1000",
        env: { ...environment(app, tier), ...withOllama(ollama).variables },
        ...withOllama(ollama).workload,
        volumes: [
          { name: "data", path: "/app/data" },
          { name: "chromadb", path: chromaPath },
          { name: "config", path: configPath },
          { name: "logs", path: "/app/logs" },
        ],
        tmpfs: ["/tmp"],
        duty: {
          kind: "web",
          port,
          healthPath: "/health",
          healthy: health(app.version),
          // Guide 001's own, which without a time-out of curl's own would be killed and not told.
          healthCommand: ["curl", "-fsS", "--max-time", "9", `http://127.0.0.1:${port}/health`],
        },
      },
    ],
    database: { kind: "sqlite", file: databaseFile },
    // Guide 001, "What to Backup"; logs only for whom the law asks.
    directories: [
      { name: "chromadb", path: chromaPath },
      { name: "config", path: configPath },
    ],
    schema: schema(app.schemaRevision),
    secrets: sharedSecrets(app),
    // "This eliminates the need for PostgreSQL and Redis" (guide 001, "Overview").
    redis: { enabled: false },
    chroma: { enabled: false },
    ollama: withOllama(ollama).ollama,
    // The app has no metrics of its own before 2.4: what is measured is what the switch sees.
    scrape: [],
    routes: [{ host: edge.domain, alias: "app", port }],
    tcp: [],
    probes: probes(app),
    triggers: [],
    alerts: tmwsLogged.alerts,
    logPatterns: tmwsLogged.logPatterns,
  }),
);

/** Guide 001, "Health Checks". */
function health(version: string) {
  return { status: "ok", version, database: "connected", vector_store: "ready", ollama: "available" };
}

/** Every variable of guide 001. */
function environment(app: Tmws23App, tier: Settings["tier"]): Record<string, EnvValue> {
  const { size, overflow } = poolOf(tier, app);
  return {
    TMWS_DATABASE_URL: `sqlite+aiosqlite:///${databaseFile}`,
    TMWS_DB_POOL_SIZE: String(size),
    TMWS_DB_MAX_OVERFLOW: String(overflow),
    ...sharedEnvironment(app),
  };
}

function schema(target: string): SchemaSpec {
  const count = (name: string, from: string, expect: string) => ({ name, sql: `SELECT count(*) FROM ${from}`, expect });
  return {
    target,
    ...alembic,
    upgrade: ["alembic", "upgrade", target],
    env: {},
    workingDir: "/app",
    variable: "TMWS_DATABASE_URL",
    url: "sqlite+aiosqlite:///{file}",
    report: "Running upgrade[^\\n]*",
    assertions: [
      count("the tables", "sqlite_master WHERE type = 'table' AND name IN ('agents', 'memories')", "2"),
      count(
        "the indexes",
        "sqlite_master WHERE type = 'index' AND name IN ('idx_agents_namespace', 'idx_memories_namespace')",
        "2",
      ),
      { name: "foreign_key_check", sql: "PRAGMA foreign_key_check", expect: "" },
    ],
  };
}

/** The memory of the smoke test, which the cleanup removes. */
const smoke = { id: "slipway-smoke-test", text: "A ship glides down the slipway into the sea." };

function probes({ version, authEnabled }: Tmws23App): readonly Probe[] {
  const expect = { status: 200, json: health(version) };
  const bearer = "apiKey";
  const memories = "/api/v1/memories";
  const ask = { status: 200, json: { results: [smoke] } };
  const search = `${memories}/search?limit=1&q=${encodeURIComponent(smoke.text)}`;
  const stranger: HttpProbe = {
    name: "refuses a memory without a token",
    via: "edge",
    method: "POST",
    path: memories,
    body: smoke,
    expect: { status: 401 },
  };
  return [
    { name: "healthy through the edge", via: "edge", method: "GET", path: "/health", expect },
    { name: "healthy inside the network", via: "network", method: "GET", path: "/health", expect },
    {
      name: "stores a memory",
      via: "edge",
      method: "POST",
      path: memories,
      bearer,
      body: smoke,
      expect: { status: 201, json: smoke },
    },
    { name: "finds it by meaning", via: "edge", method: "GET", path: search, bearer, expect: ask },
    {
      name: "removes what it wrote",
      via: "edge",
      method: "DELETE",
      path: `${memories}/${smoke.id}`,
      bearer,
      expect: { status: 200, json: { status: "success" } },
      cleanup: true,
    },
    ...(authEnabled ? [stranger] : []),
  ];
}
