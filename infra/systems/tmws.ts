import type { EnvValue } from "../../components/app/spec.ts";
import { alembic, type SchemaSpec } from "../../components/migration/spec.ts";
import type { Probe } from "../../components/probe/spec.ts";
import type { Route } from "../../components/switch/spec.ts";
import type { Settings } from "../config/settings.ts";
import type { System } from "./system.ts";
import { tmwsAlerts } from "./tmws.alerts.ts";
import { tmwsPanels } from "./tmws.panels.ts";
import { sharedEnvironment, sharedSecrets, tmwsLogged, withOllama } from "./tmws.shared.ts";

const databaseFile = "/app/data/tmws.db";
const chromaPath = "/app/data/chromadb";
const licensePath = "/app/data/licenses";

/** TMWS 2.4 (guide 000; security switches, TLS and logging from guide 001): FastAPI on SQLite in WAL mode, vectors, licenses, Redis. */
export function tmws(settings: Settings): System {
  const { app, edge, redis, ollama } = settings;
  return {
    name: "tmws",
    title: "TMWS 2.4",
    version: app.version,
    minimum: { cores: 2, memoryGb: 4, diskGb: 10, docker: "24.0", guide: "guide 000, Prerequisites" },
    // SQLite has one writer (guide 001, "Scaling").
    mode: "stop-first",
    workloads: [
      {
        name: "app",
        replicas: app.replicas,
        user: "1000:1000",
        env: { ...environment(settings), ...withOllama(ollama).variables },
        ...withOllama(ollama).workload,
        volumes: [
          { name: "data", path: "/app/data" },
          { name: "chromadb", path: chromaPath },
          { name: "licenses", path: licensePath },
        ],
        tmpfs: ["/tmp"],
        duty: {
          kind: "web",
          port: 8000,
          healthPath: "/health",
          healthy: { status: "healthy", version: app.version },
          // Guide 000's own check ignores 5xx and has no time-out.
          healthCommand: [
            "python",
            "-c",
            "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)",
          ],
        },
      },
    ],
    database: { kind: "sqlite", file: databaseFile },
    directories: [
      { name: "chromadb", path: chromaPath },
      { name: "licenses", path: licensePath },
    ],
    schema: schema(app.schemaRevision),
    secrets: sharedSecrets(app),
    redis: { enabled: redis.enabled, ...(redis.password && { password: redis.password }) },
    scrape: app.prometheusEnabled ? [{ name: "tmws", alias: "app", port: 9090 }] : [],
    routes: routes(edge.domain, app.licenseApi === "public"),
    tcp: [],
    chroma: { enabled: false },
    ollama: withOllama(ollama).ollama,
    probes: probes(settings),
    triggers: [],
    alerts: [...(app.prometheusEnabled ? tmwsAlerts : []), ...tmwsLogged.alerts],
    logPatterns: tmwsLogged.logPatterns,
    panels: app.prometheusEnabled ? tmwsPanels : [],
  };
}

/** Every variable of guide 000, "4.1 Environment Variables", and guide 001's security switches. */
function environment({ app, redis }: Settings): Record<string, EnvValue> {
  return {
    TMWS_DATABASE_URL: `sqlite+aiosqlite:///${databaseFile}`,
    TMWS_API_KEY_EXPIRE_DAYS: String(app.apiKeyExpireDays),
    TMWS_LICENSE_STORAGE: licensePath,
    TMWS_LICENSE_DEFAULT_TIER: app.licenseDefaultTier,
    TMWS_LICENSE_DEFAULT_DURATION_DAYS: String(app.licenseDefaultDurationDays),
    TMWS_LICENSE_API_ENABLED: String(app.licenseApi !== "off"),
    TMWS_LICENSE_API_PORT: "8001",
    ...(redis.enabled && { TMWS_REDIS_URL: { store: "redis" } }),
    TMWS_PROMETHEUS_ENABLED: String(app.prometheusEnabled),
    TMWS_PROMETHEUS_PORT: "9090",
    ...sharedEnvironment(app),
  };
}

function routes(domain: string, licenseApiIsPublic: boolean): readonly Route[] {
  const main: Route = { host: domain, alias: "app", port: 8000 };
  return licenseApiIsPublic ? [main, { host: `license.${domain}`, alias: "app", port: 8001 }] : [main];
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
    report: "Migrated \\d+ agent\\(s\\)[^\\n]*",
    // Guide 000, "2.3 Verify Database Schema", and what its migration promises.
    assertions: [
      count("the table license_keys", "sqlite_master WHERE type = 'table' AND name = 'license_keys'", "1"),
      count(
        "the license columns of agents",
        "pragma_table_info('agents') WHERE name IN ('license_key_id', 'license_tier', 'license_expiration')",
        "3",
      ),
      count(
        "the license indexes",
        "sqlite_master WHERE type = 'index' AND name IN ('idx_license_keys_agent', 'idx_license_keys_tier', 'idx_license_keys_expiry', 'idx_license_keys_active', 'idx_agents_license_expiry')",
        "5",
      ),
      count(
        "agents that name a license which is not there",
        "agents WHERE license_key_id IS NOT NULL AND license_key_id NOT IN (SELECT id FROM license_keys)",
        "0",
      ),
      { name: "foreign_key_check", sql: "PRAGMA foreign_key_check", expect: "" },
    ],
  };
}

/** The agent of the smoke test; what is written for it is removed by the cleanup. */
const smokeAgent = "slipway-smoke-test";

function probes({ app, redis }: Settings): readonly Probe[] {
  const health = { status: 200, json: { status: "healthy", version: app.version } };
  const bearer = "apiKey";
  return [
    { name: "healthy through the edge", via: "edge", method: "GET", path: "/health", expect: health },
    { name: "healthy inside the network", via: "network", method: "GET", path: "/health", expect: health },
    {
      name: "imports a license",
      via: "edge",
      method: "POST",
      path: "/api/v1/license/import",
      bearer,
      body: { licenses: [{ agent_id: smokeAgent, tier: "PRO" }] },
      expect: { status: 200, json: { status: "success", imported: 1 } },
    },
    {
      name: redis.enabled ? "checks a budget in Redis" : "checks a budget",
      via: "edge",
      method: "POST",
      path: "/api/v1/budget/check",
      bearer,
      body: { agent_id: smokeAgent, tokens: 1 },
      expect: { status: 200, json: { allowed: true } },
    },
    {
      name: "removes what it wrote",
      via: "edge",
      method: "DELETE",
      path: `/api/v1/license/agents/${smokeAgent}`,
      bearer,
      expect: { status: 200, json: { status: "success" } },
      cleanup: true,
    },
    ...(app.authEnabled
      ? [
          {
            name: "refuses an import without a token",
            via: "edge",
            method: "POST",
            path: "/api/v1/license/import",
            body: { licenses: [{ agent_id: smokeAgent, tier: "PRO" }] },
            expect: { status: 401 },
          } satisfies Probe,
        ]
      : []),
  ];
}
