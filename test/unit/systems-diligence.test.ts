import { describe, expect, test } from "vitest";
import { isHttp } from "../../components/probe/spec.ts";
import { ownVariables } from "../../infra/systems/diligence.options.ts";
import { taskSeconds } from "../../infra/systems/diligence.ts";
import { systemOf } from "../../infra/systems/index.ts";
import type { System } from "../../infra/systems/system.ts";
import { diligenceSettings } from "../fixtures/diligence-settings.ts";
import { secure } from "./config-fixture.ts";

const systemWith = (app?: Readonly<Record<string, unknown>>, rest?: Readonly<Record<string, unknown>>) =>
  systemOf(diligenceSettings(app, rest));

function workload({ workloads }: System, wanted: string) {
  const found = workloads.find(({ name }) => name === wanted);
  if (found === undefined) throw new Error(`there is no ${wanted}`);
  return found;
}

describe("on PostgreSQL", () => {
  const system = systemWith();

  test("web, workers and the one scheduler have every variable of guide 004", () => {
    const { env } = workload(system, "web");
    expect(env).toEqual({
      ANTHROPIC_API_KEY: { secret: "anthropicApiKey" },
      ANTHROPIC_BASE_URL: "https://api.anthropic.com",
      ANTHROPIC_MODEL: "claude-sonnet-4-5",
      DATABASE_URL: { store: "postgres" },
      DATABASE_POOL_SIZE: "5",
      REDIS_URL: { store: "redis" },
      FLASK_APP: "web.app",
      FLASK_ENV: "production",
      SECRET_KEY: { secret: "secretKey" },
      API_TOKEN: { secret: "apiToken" },
      LOG_LEVEL: "INFO",
      MAX_WORKERS: "4",
      CELERY_TASK_TIME_LIMIT: "24",
    });
    expect(Object.keys(env).sort()).toEqual([...ownVariables].sort());
    expect(workload(system, "worker").env).toEqual(env);
    expect(workload(system, "beat").env).toEqual(env);
  });

  test("three web processes, one worker of four tasks, one scheduler that is never two", () => {
    expect(system.workloads.map(({ name, replicas }) => [name, replicas])).toEqual([
      ["web", 3],
      ["worker", 1],
      ["beat", 1],
    ]);
    expect(workload(system, "web").duty).toMatchObject({
      kind: "web",
      port: 5001,
      healthPath: "/api/health",
      healthy: { status: "healthy", version: "2.4.0" },
    });
    expect(workload(system, "worker")).toMatchObject({
      command: ["diligence-worker"],
      duty: { kind: "worker", check: ["diligence-check"], single: false },
    });
    expect(workload(system, "beat")).toMatchObject({
      command: ["diligence-beat"],
      duty: { kind: "worker", check: ["diligence-check"], single: true },
    });
  });

  test("web and workers share output and data, and have a way out; the scheduler has neither", () => {
    const shared = [
      { name: "output", path: "/app/output" },
      { name: "data", path: "/app/data" },
    ];
    for (const name of ["web", "worker"]) {
      expect(workload(system, name)).toMatchObject({
        volumes: shared,
        egress: true,
        user: "1000:1000",
        tmpfs: ["/tmp"],
      });
    }
    expect(workload(system, "beat")).toMatchObject({ volumes: [] });
    expect(workload(system, "beat").egress).toBeUndefined();
    expect(system.directories).toEqual(shared);
  });

  test("overlap; connections of all its processes; Redis; metrics private", () => {
    expect(system.mode).toBe("overlap");
    const larger = systemWith({ replicas: 2, poolSize: 7, workers: 3, maxWorkers: 2 });
    // 2 * 7 of the web, 3 * (2 + 1) of the workers, 1 of a check.
    expect(larger.database).toMatchObject({ kind: "postgres", name: "itdd", connections: 24 });
    expect(system.redis).toEqual({ enabled: true });
    expect(system.routes).toEqual([{ host: "diligence.localhost", alias: "web", port: 5001, private: ["/metrics"] }]);
    expect(system.scrape).toEqual([{ name: "diligence", alias: "web", port: 5001 }]);
    expect(system.triggers.map(({ kind, promql }) => [kind, promql.match(/db_query_\w+?(?=_sum|\[)/)?.[0]])).toEqual([
      ["baseline", "db_query_duration_seconds"],
      ["count", "db_query_failures_total"],
    ]);
  });

  test("its minimum, and that it is not the guide's", () => {
    expect(system.minimum).toEqual({
      cores: 2,
      memoryGb: 4,
      diskGb: 10,
      docker: "20.10",
      guide: "guide 004 names none: what its parts need, and the Docker of guide 003",
    });
  });

  test("secrets: generated but the key; given ones instead", () => {
    expect(Object.entries(system.secrets).map(([name, { source }]) => [name, source])).toEqual([
      ["secretKey", { kind: "hex", length: 64 }],
      ["apiToken", { kind: "hex", length: 64 }],
      ["anthropicApiKey", { kind: "given" }],
    ]);
    const given = systemWith({
      apiToken: secure("0123456789abcdef".repeat(2)),
      extraEnv: { A: "1" },
      secretEnv: { B: secure("a-Secret-1") },
    });
    expect(given.secrets["apiToken"]).toHaveProperty("given");
    expect(workload(given, "worker").env).toMatchObject({ A: "1", B: { secret: "B" } });
  });
});

describe("on SQLite", () => {
  const system = systemWith({ database: "sqlite" });

  test("one web process, one worker, stopped before the next ones start; an absolute file among the data", () => {
    expect(system.mode).toBe("stop-first");
    expect(system.workloads.map(({ name, replicas }) => [name, replicas])).toEqual([
      ["web", 1],
      ["worker", 1],
      ["beat", 1],
    ]);
    expect(system.database).toEqual({ kind: "sqlite", file: "/app/data/diligence.db" });
    expect(workload(system, "web").env["DATABASE_URL"]).toBe("sqlite:////app/data/diligence.db");
    expect(workload(system, "worker").env["MAX_WORKERS"]).toBe("1");
    expect(system.schema.url).toBe("sqlite:///{file}");
  });
});

describe("a task that has begun is waited for", () => {
  test.each([
    [30, 24],
    [600, 480],
    [1, 1],
  ])("with %i s to stop it may take %i s", (grace, seconds) => {
    expect(taskSeconds(grace)).toBe(seconds);
    expect(seconds).toBeLessThanOrEqual(grace);
    const system = systemWith({}, { rollout: { stopGraceSeconds: grace } });
    expect(workload(system, "worker").env["CELERY_TASK_TIME_LIMIT"]).toBe(String(seconds));
  });
});

describe("the schema", () => {
  const names = (app: Readonly<Record<string, unknown>>) =>
    systemWith(app).schema.assertions.map(({ name, expect: wanted }) => [name, wanted]);
  const share = "less than 5 % of the facts that have a cost_status in their JSON lack it in the column";

  test("Alembic to the revision by name, with a way back", () => {
    expect(systemWith().schema).toMatchObject({
      target: "003",
      upgrade: ["alembic", "upgrade", "003"],
      downgrade: ["alembic", "downgrade", "{revision}"],
      variable: "DATABASE_URL",
      url: "postgresql://{user}:{password}@{host}:{port}/{name}",
    });
  });

  test("guide 004's verification, as each database can answer it", () => {
    expect(names({})).toEqual([
      ["the column cost_status", "character varying 20 YES"],
      ["check_cost_status_values is there and validated", "t"],
      ["facts that violate check_cost_status_values", "0"],
      [share, "t"],
      ["idx_facts_cost_status_unknown serves the question for unknown costs", "t"],
    ]);
    expect(names({ database: "sqlite" })).toEqual([
      ["the column cost_status", "VARCHAR(20) 0"],
      ["check_cost_status_values is there", "1"],
      ["facts that violate check_cost_status_values", "0"],
      [share, "1"],
      ["idx_facts_cost_status_unknown is there", "1"],
    ]);
  });

  test.each(["001", "002"])("at %s there is nothing of 003 to verify", (schemaRevision) => {
    expect(names({ schemaRevision })).toEqual([]);
  });
});

test("the probes: health, a token, inventory, VDR, a run by a worker; what was written is removed on both ways", () => {
  const { probes } = systemWith();
  expect(probes.every(isHttp)).toBe(true);
  const http = probes.filter(isHttp);
  const [first, second] = ["network", "edge"].map((via) => `/api/deals/slipway-smoke-test-${via}`);
  expect(http.map(({ via, method, path, expect: { status } }) => `${via} ${method} ${path} ${status}`)).toEqual([
    "network GET /api/health 200",
    `network PUT ${first} 200`,
    `network GET ${first}/inventory?domain=applications 401`,
    `network GET ${first}/inventory?domain=applications 200`,
    `network GET ${first}/vdr 200`,
    `network DELETE ${first} 200`,
    "edge GET /api/health 200",
    `edge GET ${second}/inventory?domain=applications 401`,
    "edge GET /metrics 404",
    `edge PUT ${second} 200`,
    `edge POST ${second}/runs 202`,
    `edge GET ${second}/runs/slipway-smoke-test-edge 200`,
    `edge GET ${second}/vdr 200`,
    `edge DELETE ${second} 200`,
  ]);
  const strangers = http.filter(({ bearer }) => bearer === undefined);
  expect(strangers.map(({ expect: { status } }) => status)).toEqual([200, 401, 200, 401, 404]);
  expect(http.filter(({ withinSeconds }) => withinSeconds !== undefined)).toMatchObject([
    { withinSeconds: 60, expect: { json: { state: "done", enough: true } } },
  ]);
  expect(http.filter(({ cleanup }) => cleanup).map(({ via }) => via)).toEqual(["network", "edge"]);
});
