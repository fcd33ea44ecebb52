import { describe, expect, test } from "vitest";
import { type Deployment, type Workload, workloadContainer } from "../../components/app/spec.ts";
import { logOptions } from "../../components/container/spec.ts";
import { Secret } from "../../components/options/secret.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { judgeHost } from "../../infra/preflight/judge.ts";
import { type AidisApp, ownVariables } from "../../infra/systems/aidis.options.ts";
import { systemOf } from "../../infra/systems/index.ts";
import type { System } from "../../infra/systems/system.ts";
import { aidisApp } from "../fixtures/aidis.ts";
import { given, localSettings } from "../fixtures/settings.ts";

function systemWith(app: Partial<AidisApp> = {}, more: Partial<Settings> = {}): System {
  // The config types `app` as the first system's, see infra/config/system-options.ts.
  const own = { ...aidisApp, ...app } as unknown as Settings["app"];
  return systemOf({ ...localSettings, system: "aidis", ...more, app: own });
}

function mcpOf({ workloads }: System): Workload {
  const [mcp, ...others] = workloads;
  if (mcp === undefined || others.length > 0) throw new Error("AIDIS has one workload");
  return mcp;
}

test("guide 002, 5.3: thirty log files, compressed, unless config says otherwise", () => {
  const deployment = (logs: NonNullable<Deployment["logs"]>): Deployment => ({
    image: "sha256:aidis",
    network: "private",
    limits: { cpus: 1, memoryMb: 512, pids: 64 },
    health: { intervalSeconds: 10, timeoutSeconds: 3, startPeriodSeconds: 5, retries: 3 },
    stopGraceSeconds: 20,
    logs,
  });
  const kept = (logs: NonNullable<Deployment["logs"]>) =>
    logOptions(workloadContainer({ stack: "blue", system: "aidis" }, mcpOf(systemWith()), deployment(logs)).logs);
  expect(kept({})).toEqual({ "max-size": "10m", "max-file": "30", compress: "true" });
  expect(kept({ files: 90 })).toEqual({ "max-size": "10m", "max-file": "90", compress: "true" });
});

describe("the environment", () => {
  test("every variable of guide 002, 4.1 and 5.2, with the guide's defaults; the system project is wired in", () => {
    expect(mcpOf(systemWith()).env).toEqual({
      DATABASE_URL: { store: "postgres" },
      DATABASE_MAX_CONNECTIONS: "20",
      DATABASE_SSL: "true",
      SESSION_TIMEOUT: "28800000",
      MAX_CONCURRENT_SESSIONS: "10",
      SESSION_PERSISTENCE_INTERVAL: "30000",
      DEFAULT_PROJECT_ID: "a1d15000-0000-4000-8000-000000000001",
      MAX_PROJECTS_PER_USER: "50",
      AUTO_CREATE_PROJECTS: "true",
      ENABLE_ANALYTICS: "true",
      METRICS_COLLECTION_INTERVAL: "60000",
      PATTERN_DETECTION_ENABLED: "true",
      LOG_LEVEL: "info",
      ENABLE_CORS: "true",
      ALLOWED_ORIGINS: "https://aidis.localhost:8443",
      JWT_SECRET: { secret: "jwtSecret" },
      NODE_ENV: "production",
      DRAIN_SECONDS: "20",
    });
  });

  test("what config sets arrives, each in its own variable", () => {
    const { env } = mcpOf(
      systemWith({
        databaseMaxConnections: 5,
        sessionTimeout: 60_000,
        maxConcurrentSessions: 3,
        sessionPersistenceInterval: 500,
        defaultProjectId: "00000000-0000-4000-8000-000000000002",
        maxProjectsPerUser: 7,
        autoCreateProjects: false,
        enableAnalytics: false,
        metricsCollectionInterval: 1000,
        patternDetectionEnabled: false,
        logLevel: "warn",
        logFile: "/tmp/production.log",
        enableCors: false,
        allowedOrigins: ["https://a.example.org", "https://b.example.org"],
        nodeEnv: "staging",
      }),
    );
    expect(env).toMatchObject({
      DATABASE_MAX_CONNECTIONS: "5",
      SESSION_TIMEOUT: "60000",
      MAX_CONCURRENT_SESSIONS: "3",
      SESSION_PERSISTENCE_INTERVAL: "500",
      DEFAULT_PROJECT_ID: "00000000-0000-4000-8000-000000000002",
      MAX_PROJECTS_PER_USER: "7",
      AUTO_CREATE_PROJECTS: "false",
      ENABLE_ANALYTICS: "false",
      METRICS_COLLECTION_INTERVAL: "1000",
      PATTERN_DETECTION_ENABLED: "false",
      LOG_LEVEL: "warn",
      LOG_FILE: "/tmp/production.log",
      ENABLE_CORS: "false",
      ALLOWED_ORIGINS: "https://a.example.org,https://b.example.org",
      NODE_ENV: "staging",
    });
  });

  test("every variable that the system sets is protected from extraEnv", () => {
    const { env } = mcpOf(systemWith({ logFile: "/tmp/a.log" }));
    expect(Object.keys(env).filter((name) => !ownVariables.includes(name))).toEqual([]);
  });

  test("the user's own variables come after, the secret ones by name only", () => {
    const secretEnv = { OPENAI_API_KEY: new Secret("an-openai-key") };
    const system = systemWith({ extraEnv: { EXTRA: "plain" }, secretEnv, jwtSecret: new Secret(given.secretKey) });
    expect(mcpOf(system).env).toMatchObject({ EXTRA: "plain", OPENAI_API_KEY: { secret: "OPENAI_API_KEY" } });
    expect(JSON.stringify(system)).not.toContain("an-openai-key");
    expect(JSON.stringify(system)).not.toContain(given.secretKey);
    expect(system.secrets["jwtSecret"]?.given?.secret).toBe(given.secretKey);
    expect(systemWith().secrets).toEqual({ jwtSecret: { source: { kind: "hex", length: 64 } } });
  });

  test.each([
    [30, "20"],
    [60, "50"],
    [5, "1"],
  ])("clients are let go within a grace of %i s", (stopGraceSeconds, seconds) => {
    const rollout = { ...localSettings.rollout, stopGraceSeconds };
    expect(mcpOf(systemWith({}, { rollout })).env["DRAIN_SECONDS"]).toBe(seconds);
  });
});

describe("the parts", () => {
  const system = systemWith({ replicas: 3, databaseMaxConnections: 10 });

  test("raw TCP in overlap: one port, no https, no Redis", () => {
    expect(mcpOf(system)).toMatchObject({
      name: "mcp",
      replicas: 3,
      user: "1000:1000",
      volumes: [],
      duty: { kind: "tcp", port: 3001, healthCommand: ["aidis-health"] },
    });
    expect([system.mode, system.routes, system.redis, system.chroma]).toEqual([
      "overlap",
      [],
      { enabled: false },
      { enabled: false },
    ]);
    expect(system.tcp).toEqual([{ alias: "mcp", port: 3001, listen: 3001 }]);
    expect(system.scrape).toEqual([{ name: "aidis", alias: "mcp", port: 9090 }]);
  });

  test("the guide's database; each server may open its whole pool", () => {
    expect(system.database).toMatchObject({ kind: "postgres", name: "aidis_production", connections: 30 });
  });

  test("the guide's minimum", () => {
    expect(system.minimum).toEqual({
      cores: 2,
      memoryGb: 4,
      diskGb: 10,
      docker: "24.0",
      guide: "guide 002, System Resources",
    });
  });

  test("an older Docker is told on local and refused elsewhere", () => {
    const host = { cores: 2, memoryGb: 4, diskGb: 10, docker: "20.10.24+dfsg1", heldPorts: [] };
    const told = "the host runs Docker 20.10.24+dfsg1, the system's minimum is 24.0 (guide 002, System Resources)";
    const on = (environment: string) => ({ environment, stack: "s", override: undefined, cpus: 2 });
    expect(judgeHost(host, system.minimum, on("local"))).toMatchObject({ refusals: [], warnings: [told] });
    expect(judgeHost(host, system.minimum, on("production")).refusals).toEqual([expect.stringContaining(told)]);
  });
});

describe("the schema", () => {
  const { schema } = systemWith();
  const sqlOf = (name: string) => schema.assertions.find((each) => each.name === name)?.sql ?? "";

  test("goes forward only, by `npm run migrate`, to a named migration", () => {
    expect(schema).toMatchObject({
      target: "0002_context_source",
      upgrade: ["npm", "run", "--silent", "migrate", "--", "0002_context_source"],
      revisionSql: "SELECT name FROM migrations ORDER BY id DESC LIMIT 1",
      variable: "DATABASE_URL",
    });
    expect(schema).not.toHaveProperty("downgrade");
  });

  test("is proved by guide 002's 2.2, 2.3, 3.1, 1.2 and 3.2", () => {
    expect(schema.assertions.map(({ name, expect: answer }) => [name, answer])).toEqual([
      ["the nine tables", "9"],
      ["the foreign keys", "13"],
      ["the performance indexes", "9"],
      ["project names are unique", "1"],
      ["the extensions", "3"],
      ["System Default has its id", "System Default"],
    ]);
    expect(sqlOf("the nine tables")).toContain("'complexity_analysis_sessions'");
    expect(sqlOf("the foreign keys")).toContain("'fk_contexts_session'");
    expect(sqlOf("the performance indexes")).toContain("'idx_sessions_agent_type'");
  });

  test("reports what the migration says", () => {
    const said = "Applied migration 0001_base\nSchema is at 0001_base, 1 migrations applied\n";
    expect(new RegExp(schema.report).exec(said)?.[0]).toBe("Schema is at 0001_base, 1 migrations applied");
  });
});

test("the smoke test is the guide's validation suite; its numbers are reported", () => {
  const [suite, ...others] = systemWith().probes;
  expect(others).toEqual([]);
  expect(suite).toEqual({
    kind: "command",
    name: "validation suite",
    via: "network",
    workload: "mcp",
    argv: ["aidis-validate", "--host", "{host}", "--port", "{port}"],
    timeoutSeconds: 120,
    report: "(session creation: .*|project resolution: .*|\\d+ of \\d+ passed .*)",
  });
});

test("bake time: query latency, failed queries, failures inside", () => {
  expect(systemWith().triggers.map(({ name, kind }) => [name, kind])).toEqual([
    ["database latency of aidis", "baseline"],
    ["failed queries of aidis", "count"],
    ["requests of aidis that failed inside", "count"],
  ]);
});
