import { together } from "../../components/alerts/logged.ts";
import type { EnvValue, Workload } from "../../components/app/spec.ts";
import { meanLatency, noneOf } from "../../components/bake/spec.ts";
import type { Settings } from "../config/settings.ts";
import { defineSystem } from "./define.ts";
import { diligenceAlerts } from "./diligence.alerts.ts";
import { diligenceLogged } from "./diligence.logs.ts";
import { type DiligenceApp, diligenceOptions } from "./diligence.options.ts";
import { diligencePanels } from "./diligence.panels.ts";
import { diligenceProbes } from "./diligence.probes.ts";
import { diligenceSchema } from "./diligence.schema.ts";
import type { System, SystemDatabase } from "./system.ts";

type Own = Omit<Settings, "app">;

const port = 5001;
const databaseFile = "/app/data/diligence.db";

/** Documents and what was found in them: of web and workers alike. */
const directories = [
  { name: "output", path: "/app/output" },
  { name: "data", path: "/app/data" },
] as const;

/** IT Diligence Agent 2.4 (guide 004): Flask on gunicorn, Celery on Redis, PostgreSQL; on a local stack SQLite, with one writer. */
export const diligence = defineSystem(
  diligenceOptions,
  (app: DiligenceApp, { edge, postgres, redis, rollout }: Own): System => ({
    name: "diligence",
    title: "IT Diligence Agent 2.4",
    version: app.version,
    minimum: {
      cores: 2,
      memoryGb: 4,
      diskGb: 10,
      docker: "20.10",
      guide: "guide 004 names none: what its parts need, and the Docker of guide 003",
    },
    mode: app.database === "sqlite" ? "stop-first" : "overlap",
    workloads: workloads(app, environment(app, rollout.stopGraceSeconds)),
    database: database(app, postgres),
    directories,
    schema: diligenceSchema(app),
    secrets: secrets(app),
    redis: { enabled: true, ...(redis.password && { password: redis.password }) },
    chroma: { enabled: false },
    scrape: [{ name: "diligence", alias: "web", port }],
    routes: [{ host: edge.domain, alias: "web", port, private: ["/metrics"] }],
    tcp: [],
    probes: diligenceProbes(app),
    triggers: [
      meanLatency("database latency of diligence", "db_query_duration_seconds"),
      noneOf("failed queries of diligence", "db_query_failures_total"),
    ],
    ...together({ alerts: diligenceAlerts, logPatterns: [] }, diligenceLogged(app)),
    panels: diligencePanels,
  }),
);

/** Each process of a worker has one connection, its check one more. */
function database({ database: kind, replicas, poolSize, workers, maxWorkers }: DiligenceApp, own: Own["postgres"]) {
  const connections = replicas * poolSize + workers * (maxWorkers + 1) + 1;
  const found: SystemDatabase =
    kind === "sqlite" ? { kind, file: databaseFile } : { kind, name: "itdd", connections, ...own };
  return found;
}

/** A task that has begun is waited for: it gets four fifths of what a stop may take. @param graceSeconds between SIGTERM and SIGKILL */
export function taskSeconds(graceSeconds: number): number {
  return Math.max(1, Math.floor(graceSeconds * 0.8));
}

/** Every variable of guide 004, "Environment Variables". */
function environment(app: DiligenceApp, graceSeconds: number): Record<string, EnvValue> {
  return {
    ANTHROPIC_API_KEY: { secret: "anthropicApiKey" },
    ANTHROPIC_BASE_URL: app.anthropicBaseUrl,
    ANTHROPIC_MODEL: app.anthropicModel,
    // Four slashes: a relative file would lie beneath Flask's instance folder.
    DATABASE_URL: app.database === "sqlite" ? `sqlite:///${databaseFile}` : { store: "postgres" },
    DATABASE_POOL_SIZE: String(app.poolSize),
    REDIS_URL: { store: "redis" },
    FLASK_APP: "web.app",
    FLASK_ENV: app.environment,
    SECRET_KEY: { secret: "secretKey" },
    API_TOKEN: { secret: "apiToken" },
    LOG_LEVEL: app.logLevel,
    MAX_WORKERS: String(app.maxWorkers),
    CELERY_TASK_TIME_LIMIT: String(taskSeconds(graceSeconds)),
    ...app.extraEnv,
    ...Object.fromEntries(Object.keys(app.secretEnv).map((name) => [name, { secret: name }])),
  };
}

function workloads(app: DiligenceApp, env: Record<string, EnvValue>): readonly Workload[] {
  const common = { user: "1000:1000", env, tmpfs: ["/tmp"] };
  const check = ["diligence-check"];
  return [
    {
      ...common,
      name: "web",
      replicas: app.replicas,
      volumes: directories,
      egress: true,
      duty: {
        kind: "web",
        port,
        healthPath: "/api/health",
        healthy: { status: "healthy", version: app.version },
        healthCommand: [
          "python",
          "-c",
          `import urllib.request; urllib.request.urlopen('http://127.0.0.1:${port}/api/health', timeout=4)`,
        ],
      },
    },
    {
      ...common,
      name: "worker",
      replicas: app.workers,
      command: ["diligence-worker"],
      volumes: directories,
      egress: true,
      duty: { kind: "worker", check, single: false },
    },
    {
      ...common,
      name: "beat",
      replicas: 1,
      command: ["diligence-beat"],
      volumes: app.database === "sqlite" ? directories : [],
      // Two would send each task twice.
      duty: { kind: "worker", check, single: true },
    },
  ];
}

function secrets({ secretKey, apiToken, anthropicApiKey, secretEnv }: DiligenceApp): System["secrets"] {
  const source = { kind: "given" } as const;
  const hex = { kind: "hex", length: 64 } as const;
  return {
    secretKey: { source: hex, ...(secretKey && { given: secretKey }) },
    apiToken: { source: hex, ...(apiToken && { given: apiToken }) },
    anthropicApiKey: { source, given: anthropicApiKey },
    ...Object.fromEntries(Object.entries(secretEnv).map(([name, given]) => [name, { source, given }])),
  };
}
