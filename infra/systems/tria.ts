import type { EnvValue } from "../../components/app/spec.ts";
import { meanLatency, noneOf } from "../../components/bake/spec.ts";
import { chromaUrl } from "../../components/chroma/spec.ts";
import type { SchemaSpec } from "../../components/migration/spec.ts";
import { loginRole } from "../../components/postgres/roles.ts";
import type { HttpProbe, Probe } from "../../components/probe/spec.ts";
import { redisAlias, redisPort } from "../../components/redis/spec.ts";
import type { Settings } from "../config/settings.ts";
import { defineSystem } from "./define.ts";
import type { System } from "./system.ts";
import { triaAlerts, triaLogged } from "./tria.alerts.ts";
import { type TriaApp, triaOptions } from "./tria.options.ts";
import { triaPanels } from "./tria.panels.ts";

type Own = Omit<Settings, "app">;

const database = "tria_aibpo";
const port = 8003;
const health = "/api/v1/health";

/** Tria AIBPO (guide 003): FastAPI on PostgreSQL and Redis, a chatbot by OpenAI, optionally Chroma, Xero and Sentry; released in overlap. */
export const tria = defineSystem(
  triaOptions,
  (app: TriaApp, { edge, postgres, redis, secrets: { rotate } }: Own): System => ({
    name: "tria",
    title: "Tria AIBPO",
    version: app.version,
    minimum: { cores: 2, memoryGb: 4, diskGb: 20, docker: "20.10", guide: "guide 003, part 3, System Requirements" },
    mode: "overlap",
    workloads: [
      {
        name: "backend",
        replicas: app.replicas,
        user: "1000:1000",
        env: environment(app, rotate["postgres"] ?? 0),
        volumes: [],
        tmpfs: ["/tmp"],
        egress: true,
        duty: {
          kind: "web",
          port,
          healthPath: `${health}/readiness`,
          healthy: { overall_healthy: true },
          healthCommand: ["tria-healthy"],
          readyPath: `${health}/readiness`,
          diagnosticsPath: `${health}/diagnostics`,
          liveness: ["tria-alive"],
        },
      },
    ],
    database: { kind: "postgres", name: database, connections: app.replicas * app.poolSize, ...postgres },
    directories: [],
    schema: schema(app.schemaRevision),
    secrets: secrets(app),
    redis: { enabled: true, ...(redis.password && { password: redis.password }) },
    chroma: { enabled: app.chroma, offered: true },
    scrape: [{ name: "tria", alias: "backend", port }],
    routes: [{ host: edge.domain, alias: "backend", port, private: ["/metrics", `${health}/diagnostics`] }],
    tcp: [],
    probes: probes(app),
    triggers: [
      meanLatency("database latency of tria", "db_query_duration_seconds"),
      noneOf("failed queries of tria", "db_query_failures_total"),
    ],
    alerts: triaAlerts,
    logPatterns: triaLogged.logPatterns,
    panels: triaPanels,
  }),
);

/** Every variable of guide 003, "Configure All Variables". */
function environment(app: TriaApp, generation: number): Record<string, EnvValue> {
  return {
    // The guide's tria_admin is the role that serves: here it may read and write rows, and nothing else.
    POSTGRES_USER: loginRole(database, generation),
    POSTGRES_PASSWORD: { store: "postgres", field: "password" },
    POSTGRES_DB: database,
    DATABASE_URL: { store: "postgres" },
    DATABASE_POOL_SIZE: String(app.poolSize),
    REDIS_HOST: redisAlias,
    REDIS_PORT: String(redisPort),
    REDIS_PASSWORD: { store: "redis", field: "password" },
    REDIS_DB: "0",
    OPENAI_API_KEY: { secret: "openaiApiKey" },
    OPENAI_MODEL: app.openaiModel,
    OPENAI_BASE_URL: app.openaiBaseUrl,
    ...(app.chroma && { CHROMA_URL: chromaUrl }),
    SECRET_KEY: { secret: "secretKey" },
    ENVIRONMENT: app.environment,
    TAX_RATE: String(app.taxRate),
    XERO_SALES_ACCOUNT_CODE: app.xeroSalesAccountCode,
    XERO_TAX_TYPE: app.xeroTaxType,
    MAX_QUANTITY_PER_ITEM: String(app.maxQuantityPerItem),
    MAX_ORDER_TOTAL: app.maxOrderTotal.toFixed(2),
    MAX_LINE_ITEMS: String(app.maxLineItems),
    MIN_ORDER_TOTAL: app.minOrderTotal.toFixed(2),
    ...(app.xero && {
      XERO_CLIENT_ID: app.xero.clientId,
      XERO_CLIENT_SECRET: { secret: "xeroClientSecret" },
      XERO_TENANT_ID: app.xero.tenantId,
      XERO_REFRESH_TOKEN: { secret: "xeroRefreshToken" },
    }),
    ...(app.sentryDsn && { SENTRY_DSN: { secret: "sentryDsn" } }),
    TRIA_PORT: String(port),
    ...app.extraEnv,
    ...Object.fromEntries(Object.keys(app.secretEnv).map((name) => [name, { secret: name }])),
  };
}

function secrets({ secretKey, openaiApiKey, xero, sentryDsn, secretEnv }: TriaApp): System["secrets"] {
  const source = { kind: "given" } as const;
  return {
    secretKey: { source: { kind: "hex", length: 64 }, ...(secretKey && { given: secretKey }) },
    openaiApiKey: { source, given: openaiApiKey },
    ...(xero && {
      xeroClientSecret: { source, given: xero.clientSecret },
      xeroRefreshToken: { source, given: xero.refreshToken },
    }),
    ...(sentryDsn && { sentryDsn: { source, given: sentryDsn } }),
    ...Object.fromEntries(Object.entries(secretEnv).map(([name, given]) => [name, { source, given }])),
  };
}

const tables = "products, customers, orders, order_items, conversations, messages, idempotency_keys, xero_tokens";

/** The guide makes the tables at start-up, where the serving role may not, and has no downgrade. */
function schema(target: string): SchemaSpec {
  const named = tables.split(", ").map((name) => `'${name}'`);
  const count = (name: string, from: string, expect: string) => ({ name, sql: `SELECT count(*) FROM ${from}`, expect });
  return {
    target,
    heads: ["tria-migrate", "heads"],
    knows: ["tria-migrate", "knows", "{revision}"],
    history: ["tria-migrate", "history"],
    upgrade: ["tria-migrate", "upgrade", target],
    revisionSql: "SELECT revision FROM schema_revisions ORDER BY position DESC LIMIT 1",
    workingDir: "/app",
    variable: "DATABASE_URL",
    url: "postgresql://{user}:{password}@{host}:{port}/{name}",
    env: {},
    report: "Migrated to [^\\n]*",
    assertions: [
      count("the tables", `pg_tables WHERE schemaname = 'public' AND tablename IN (${named.join(", ")})`, "8"),
      { name: "the catalog is loaded", sql: "SELECT count(*) > 0 FROM products WHERE active", expect: "t" },
      count("orders whose lines do not make their subtotal", brokenOrders, "0"),
    ],
  };
}

const brokenOrders =
  "orders o WHERE o.subtotal <> (SELECT coalesce(sum(i.quantity * i.unit_price), 0) FROM order_items i WHERE i.order_id = o.id)";

/** Who the smoke test talks as; its cleanup removes what it wrote. */
const smokeUser = "slipway-smoke-test";

/** Guide 003, steps 6 and 7. */
function probes(app: TriaApp): readonly Probe[] {
  const alive = { status: 200, json: { status: "alive" } };
  const ready = {
    status: 200,
    json: { overall_healthy: true, services: { openai: { healthy: true, model: app.openaiModel } } },
  };
  const version = { status: 200, json: { version: app.version } };
  const get = (name: string, via: "network" | "edge", path: string, expect: HttpProbe["expect"]) =>
    ({ name, via, method: "GET", path, expect }) as const;
  // One key for all: one effect, whoever is asked and by whatever way.
  const chat = (name: string, via: "network" | "edge") =>
    ({
      name,
      via,
      method: "POST",
      path: "/api/chatbot",
      headers: { "Idempotency-Key": smokeUser },
      body: { message: "hello", user_id: smokeUser },
      expect: { status: 200, json: { intent: "conversation" } },
    }) as const;
  return [
    get("alive inside the network", "network", `${health}/liveness`, alive),
    get("ready inside the network", "network", `${health}/readiness`, ready),
    get("names its version inside the network", "network", "/version", version),
    chat("the chatbot answers", "network"),
    chat("the chatbot answers the same request again", "network"),
    get("alive through the edge", "edge", "/health", alive),
    get("ready through the edge", "edge", `${health}/readiness`, ready),
    get("names its version through the edge", "edge", "/version", version),
    chat("the chatbot answers it through the edge", "edge"),
    get("diagnostics are not public", "edge", `${health}/diagnostics`, { status: 404 }),
    get("metrics are not public", "edge", "/metrics", { status: 404 }),
    {
      kind: "command",
      name: "one conversation came of it, and is removed",
      via: "network",
      workload: "backend",
      argv: ["tria-forget", smokeUser, "1"],
      timeoutSeconds: 20,
      cleanup: true,
    },
  ];
}
