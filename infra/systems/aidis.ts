import type { EnvValue } from "../../components/app/spec.ts";
import { meanLatency, noneOf } from "../../components/bake/spec.ts";
import type { Assertion, SchemaSpec } from "../../components/migration/spec.ts";
import type { Probe } from "../../components/probe/spec.ts";
import { aidisAlerts, aidisLogged, aidisObjective } from "./aidis.alerts.ts";
import { type AidisApp, aidisOptions, systemProjectId } from "./aidis.options.ts";
import { aidisPanels } from "./aidis.panels.ts";
import { defineSystem } from "./define.ts";

const port = 3001;

/** AIDIS (guide 002): an MCP server of JSON lines over TCP on PostgreSQL with pgvector. */
export const aidis = defineSystem(aidisOptions, (app, { postgres, rollout }) => ({
  name: "aidis",
  title: "AIDIS",
  version: app.version,
  // The guide, which runs on the host itself, names no Docker: the one that guide 000 asks for.
  minimum: { cores: 2, memoryGb: 4, diskGb: 10, docker: "24.0", guide: "guide 002, System Resources" },
  mode: "overlap",
  workloads: [
    {
      name: "mcp",
      replicas: app.replicas,
      user: "1000:1000",
      env: environment(app, rollout.stopGraceSeconds),
      volumes: [],
      tmpfs: ["/tmp"],
      // Guide 002, "Log Directory Setup": daily, thirty of them, compressed. The engine turns by size: a server prints less than this in a day.
      logs: { megabytes: 10, files: 30 },
      duty: { kind: "tcp", port, healthCommand: ["aidis-health"] },
    },
  ],
  database: {
    kind: "postgres",
    name: "aidis_production",
    connections: app.replicas * app.databaseMaxConnections,
    ...postgres,
  },
  directories: [],
  schema: schema(app.schemaRevision),
  secrets: {
    jwtSecret: { source: { kind: "hex", length: 64 }, ...(app.jwtSecret && { given: app.jwtSecret }) },
    ...Object.fromEntries(
      Object.entries(app.secretEnv).map(([name, given]) => [name, { source: { kind: "given" }, given }]),
    ),
  },
  redis: { enabled: false },
  chroma: { enabled: false },
  scrape: [{ name: "aidis", alias: "mcp", port: 9090 }],
  routes: [],
  tcp: [{ alias: "mcp", port, listen: port }],
  probes,
  triggers: [
    meanLatency("database latency of aidis", "aidis_query_duration_seconds"),
    noneOf("failed queries of aidis", "aidis_query_failures_total"),
    noneOf("requests of aidis that failed inside", 'aidis_requests_total{result="internal"}'),
  ],
  alerts: aidisAlerts,
  logPatterns: aidisLogged.logPatterns,
  objective: aidisObjective,
  panels: aidisPanels,
}));

/** Every variable of guide 002, "4.1 Create Production Environment File", and "5.2 Service Configuration". */
function environment(app: AidisApp, stopGraceSeconds: number): Record<string, EnvValue> {
  return {
    DATABASE_URL: { store: "postgres" },
    DATABASE_MAX_CONNECTIONS: String(app.databaseMaxConnections),
    DATABASE_SSL: String(app.databaseSsl),
    SESSION_TIMEOUT: String(app.sessionTimeout),
    MAX_CONCURRENT_SESSIONS: String(app.maxConcurrentSessions),
    SESSION_PERSISTENCE_INTERVAL: String(app.sessionPersistenceInterval),
    DEFAULT_PROJECT_ID: app.defaultProjectId,
    MAX_PROJECTS_PER_USER: String(app.maxProjectsPerUser),
    AUTO_CREATE_PROJECTS: String(app.autoCreateProjects),
    ENABLE_ANALYTICS: String(app.enableAnalytics),
    METRICS_COLLECTION_INTERVAL: String(app.metricsCollectionInterval),
    PATTERN_DETECTION_ENABLED: String(app.patternDetectionEnabled),
    LOG_LEVEL: app.logLevel,
    ...(app.logFile !== undefined && { LOG_FILE: app.logFile }),
    ENABLE_CORS: String(app.enableCors),
    ALLOWED_ORIGINS: app.allowedOrigins.join(","),
    JWT_SECRET: { secret: "jwtSecret" },
    NODE_ENV: app.nodeEnv,
    DRAIN_SECONDS: String(drainSeconds(stopGraceSeconds)),
    ...app.extraEnv,
    ...Object.fromEntries(Object.keys(app.secretEnv).map((name) => [name, { secret: name }])),
  };
}

/** What is left of the grace after clients were let go: time to finish what is in flight and to close the pool. */
function drainSeconds(stopGraceSeconds: number): number {
  return Math.max(1, stopGraceSeconds - 10);
}

const tables = [
  "contexts",
  "projects",
  "sessions",
  "pattern_discovery_sessions",
  "metrics_collection_sessions",
  "code_analysis_sessions",
  "complexity_analysis_sessions",
  "event_log",
  "migrations",
];

/** All point to projects, and but for that of `sessions` also to sessions. */
const children = [
  "contexts",
  "event_log",
  "pattern_discovery_sessions",
  "metrics_collection_sessions",
  "code_analysis_sessions",
  "complexity_analysis_sessions",
];

const foreignKeys = [
  "fk_sessions_project",
  ...children.flatMap((table) => [`fk_${table}_project`, `fk_${table}_session`]),
];

const indexes = [
  "idx_projects_name",
  "idx_projects_status",
  "idx_projects_created_at",
  "idx_sessions_project_id",
  "idx_sessions_agent_type",
  "idx_sessions_started_at",
  "idx_contexts_project_id",
  "idx_contexts_session_id",
  "idx_contexts_type",
];

function schema(target: string): SchemaSpec {
  return {
    target,
    heads: ["aidis-migrate", "heads"],
    knows: ["aidis-migrate", "knows", "{revision}"],
    history: ["aidis-migrate", "history"],
    upgrade: ["npm", "run", "--silent", "migrate", "--", target],
    revisionSql: "SELECT name FROM migrations ORDER BY id DESC LIMIT 1",
    workingDir: "/app",
    variable: "DATABASE_URL",
    url: "postgresql://{user}:{password}@{host}:{port}/{name}",
    env: {},
    report: "Schema is at [^\\n]*",
    assertions: [
      named("the nine tables", tables, "relname", "pg_class WHERE relkind = 'r'"),
      named("the foreign keys", foreignKeys, "conname", "pg_constraint WHERE contype = 'f' AND convalidated"),
      named(
        "the performance indexes",
        indexes,
        "relname",
        "pg_class JOIN pg_index ON indexrelid = pg_class.oid WHERE indisvalid",
      ),
      named("project names are unique", ["uq_projects_name"], "conname", "pg_constraint WHERE contype = 'u'"),
      named("the extensions", ["uuid-ossp", "vector", "pg_trgm"], "extname", "pg_extension WHERE true"),
      {
        name: "System Default has its id",
        sql: `SELECT name FROM projects WHERE id = '${systemProjectId}'`,
        expect: "System Default",
      },
    ],
  };
}

/** That all these names are there. */
function named(what: string, names: readonly string[], column: string, from: string): Assertion {
  const list = names.map((name) => `'${name}'`).join(", ");
  return {
    name: what,
    sql: `SELECT count(DISTINCT ${column}) FROM ${from} AND ${column} IN (${list})`,
    expect: String(names.length),
  };
}

const probes: readonly Probe[] = [
  {
    kind: "command",
    // Guide 002, "7.1 Run Production Validation Tests": 21 checks, 95 % of them must pass; "7.2", measured instead of simulated.
    name: "validation suite",
    via: "network",
    workload: "mcp",
    argv: ["aidis-validate", "--host", "{host}", "--port", "{port}"],
    timeoutSeconds: 120,
    report: "(session creation: .*|project resolution: .*|\\d+ of \\d+ passed .*)",
  },
];
