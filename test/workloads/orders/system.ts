import type { EnvValue, Workload } from "../../../components/app/spec.ts";
import { meanLatency, noneOf } from "../../../components/bake/spec.ts";
import { webRow } from "../../../components/dashboards/python.ts";
import { alembic, type SchemaSpec } from "../../../components/migration/spec.ts";
import { choice, integer, text, variableName, variableValue } from "../../../components/options/kinds.ts";
import { mapOf, required, section, withDefault } from "../../../components/options/option.ts";
import type { Probe } from "../../../components/probe/spec.ts";
import { defineSystem } from "../../../infra/systems/define.ts";

const version = text((value) => /^\d+\.\d+\.\d+$/.test(value), {
  allowed: "a version, such as 1.0.0",
  example: "1.0.0",
});

const schema = section({
  version: withDefault("Version that the image's /health must report.", version, "1.0.0"),
  schemaRevision: withDefault(
    "Revision of the schema that this version needs.",
    choice(["0001_orders", "0002_note", "0003_broken", "0003_lock", "0003_contract"], "0002_note"),
    "0002_note",
  ),
  replicas: withDefault("Web processes.", integer(1, 8, "replicas", 3), 3),
  workers: withDefault("Workers.", integer(1, 8, "workers", 2), 2),
  extraEnv: mapOf("Further variables.", variableName, required("Value of the variable.", variableValue)),
});

type App = ReturnType<typeof schema.parse>;

/** A small web shop's back end on PostgreSQL, released in overlap: three web replicas and two workers. */
export default defineSystem(
  {
    schema,
    complete: (app) => app,
    rules: [],
    defaults: { health: { intervalSeconds: 10, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 } },
  },
  (app, { edge, postgres, redis: _ }) => ({
    name: "orders",
    title: "Orders",
    version: app.version,
    minimum: { cores: 2, memoryGb: 2, diskGb: 5, docker: "20.10", guide: "test/workloads/orders/README.md" },
    mode: "overlap",
    workloads: [web(app), worker(app)],
    database: { kind: "postgres", name: "orders", connections: 10 * app.replicas + app.workers, ...postgres },
    directories: [],
    schema: migrations(app.schemaRevision),
    secrets: {},
    redis: { enabled: false },
    scrape: [{ name: "orders", alias: "web", port: 9090 }],
    routes: [{ host: edge.domain, alias: "web", port: 8000 }],
    tcp: [],
    chroma: { enabled: false },
    probes: probes(app),
    triggers: [
      meanLatency("database latency of orders", "db_query_duration_seconds"),
      noneOf("failed queries of orders", "db_query_failures_total"),
    ],
    panels: [webRow("test/workloads/orders/README.md.")],
  }),
);

function environment(app: App): Record<string, EnvValue> {
  return { ORDERS_DATABASE_URL: { store: "postgres" }, ...app.extraEnv };
}

function web(app: App): Workload {
  return {
    name: "web",
    replicas: app.replicas,
    user: "1000:1000",
    env: environment(app),
    volumes: [],
    tmpfs: ["/tmp"],
    duty: {
      kind: "web",
      port: 8000,
      healthPath: "/health",
      healthy: { status: "healthy", version: app.version },
      healthCommand: [
        "python",
        "-c",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)",
      ],
    },
  };
}

function worker(app: App): Workload {
  return {
    name: "worker",
    replicas: app.workers,
    command: ["orders-worker"],
    user: "1000:1000",
    env: environment(app),
    volumes: [],
    tmpfs: ["/tmp"],
    duty: { kind: "worker", check: ["orders-check"], single: false },
  };
}

function migrations(target: string): SchemaSpec {
  const index = "pg_class WHERE relkind = 'i' AND relname LIKE 'ix_%' OR relname LIKE '%_key'";
  return {
    target,
    ...alembic,
    upgrade: ["alembic", "upgrade", target],
    workingDir: "/app",
    variable: "ORDERS_DATABASE_URL",
    url: "postgresql://{user}:{password}@{host}:{port}/{name}",
    env: { ALEMBIC_LOCK_TIMEOUT: "2s" },
    report: "Running upgrade [^\\n]*",
    assertions: [
      { name: "no order without a quantity", sql: "SELECT count(*) FROM orders WHERE quantity <= 0", expect: "0" },
      { name: "no order without an item", sql: "SELECT count(*) FROM orders WHERE item = ''", expect: "0" },
      { name: "indexes are there", sql: `SELECT count(*) > 0 FROM ${index}`, expect: "t" },
    ],
  };
}

/** The order of the smoke test, removed by its cleanup. */
const key = "slipway-smoke-test";

function probes(app: App): readonly Probe[] {
  const health = { status: 200, json: { status: "healthy", version: app.version } };
  return [
    { name: "healthy inside the network", via: "network", method: "GET", path: "/health", expect: health },
    { name: "healthy through the edge", via: "edge", method: "GET", path: "/health", expect: health },
    {
      name: "takes an order",
      via: "edge",
      method: "POST",
      path: "/orders",
      body: { key, item: "test", quantity: 1 },
      expect: { status: 201, json: { key } },
    },
    {
      name: "removes it",
      via: "edge",
      method: "DELETE",
      path: `/orders/${key}`,
      expect: { status: 200 },
      cleanup: true,
    },
  ];
}
