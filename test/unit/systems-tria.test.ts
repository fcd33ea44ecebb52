import { describe, expect, test } from "vitest";
import { isHttp } from "../../components/probe/spec.ts";
import { systemOf } from "../../infra/systems/index.ts";
import type { System } from "../../infra/systems/system.ts";
import { ownVariables } from "../../infra/systems/tria.options.ts";
import { triaSettings } from "../fixtures/tria-settings.ts";
import { secure } from "./config-fixture.ts";

const triaWith = (app?: Readonly<Record<string, unknown>>) => systemOf(triaSettings(app));

function backendOf({ workloads }: System) {
  const [backend, ...others] = workloads;
  if (backend === undefined || others.length > 0) throw new Error("Tria has one workload");
  return backend;
}

const xero = {
  clientId: "0a1b2c3d-0a1b",
  clientSecret: secure("a-Secret-0"),
  tenantId: "0a1b2c3d-4e5f",
  refreshToken: secure("a-Token-00"),
};

describe("the workload", () => {
  test("every variable of guide 003, part 4", () => {
    expect(backendOf(triaWith()).env).toEqual({
      POSTGRES_USER: "tria_aibpo_app",
      POSTGRES_PASSWORD: { store: "postgres", field: "password" },
      POSTGRES_DB: "tria_aibpo",
      DATABASE_URL: { store: "postgres" },
      DATABASE_POOL_SIZE: "10",
      REDIS_HOST: "redis",
      REDIS_PORT: "6379",
      REDIS_PASSWORD: { store: "redis", field: "password" },
      REDIS_DB: "0",
      OPENAI_API_KEY: { secret: "openaiApiKey" },
      OPENAI_MODEL: "gpt-4-turbo-preview",
      OPENAI_BASE_URL: "https://api.openai.com/v1",
      SECRET_KEY: { secret: "secretKey" },
      ENVIRONMENT: "production",
      TAX_RATE: "0.08",
      XERO_SALES_ACCOUNT_CODE: "200",
      XERO_TAX_TYPE: "OUTPUT2",
      MAX_QUANTITY_PER_ITEM: "10000",
      MAX_ORDER_TOTAL: "100000.00",
      MAX_LINE_ITEMS: "100",
      MIN_ORDER_TOTAL: "0.01",
      TRIA_PORT: "8003",
    });
  });

  test("Xero, Sentry and Chroma bring their own, secrets by name", () => {
    const dsn = secure("https://0123456789abcdef@sentry.acme.dev/42");
    const system = triaWith({
      xero,
      sentryDsn: dsn,
      chroma: true,
      extraEnv: { A: "1" },
      secretEnv: { B: secure("a-Secret-1") },
    });
    const plain = backendOf(triaWith()).env;
    const more = Object.entries(backendOf(system).env).filter(([name]) => !Object.hasOwn(plain, name));
    expect(Object.fromEntries(more)).toEqual({
      CHROMA_URL: "http://chroma:8000",
      XERO_CLIENT_ID: "0a1b2c3d-0a1b",
      XERO_CLIENT_SECRET: { secret: "xeroClientSecret" },
      XERO_TENANT_ID: "0a1b2c3d-4e5f",
      XERO_REFRESH_TOKEN: { secret: "xeroRefreshToken" },
      SENTRY_DSN: { secret: "sentryDsn" },
      A: "1",
      B: { secret: "B" },
    });
    expect(Object.keys(system.secrets)).toEqual([
      "secretKey",
      "openaiApiKey",
      "xeroClientSecret",
      "xeroRefreshToken",
      "sentryDsn",
      "B",
    ]);
    expect(system.chroma).toEqual({ enabled: true, offered: true });
    expect(Object.keys(backendOf(triaWith({ xero, sentryDsn: dsn, chroma: true })).env).sort()).toEqual(
      [...ownVariables].sort(),
    );
  });

  test("readiness gates the traffic, liveness ends a process that hangs, OpenAI is reached", () => {
    expect(backendOf(triaWith())).toMatchObject({
      name: "backend",
      replicas: 2,
      user: "1000:1000",
      egress: true,
      volumes: [],
      tmpfs: ["/tmp"],
      duty: {
        kind: "web",
        port: 8003,
        healthPath: "/api/v1/health/readiness",
        healthy: { overall_healthy: true },
        healthCommand: ["tria-healthy"],
        readyPath: "/api/v1/health/readiness",
        liveness: ["tria-alive"],
      },
    });
  });
});

describe("the rest of the system", () => {
  const system = triaWith({ replicas: 3, poolSize: 7 });

  test("guide 003's minimum, overlap, stores, what is private at the edge", () => {
    expect(system.minimum).toMatchObject({ cores: 2, memoryGb: 4, diskGb: 20, docker: "20.10" });
    expect(system.mode).toBe("overlap");
    expect(system.database).toMatchObject({ kind: "postgres", name: "tria_aibpo", connections: 21 });
    expect(system.redis).toEqual({ enabled: true });
    expect(system.chroma).toEqual({ enabled: false, offered: true });
    expect(system.routes).toEqual([
      { host: "tria.localhost", alias: "backend", port: 8003, private: ["/metrics", "/api/v1/health/diagnostics"] },
    ]);
    expect(system.scrape).toEqual([{ name: "tria", alias: "backend", port: 8003 }]);
    expect(system.tcp).toEqual([]);
  });

  test("its schema is migrated by the owner, has no way back, and proves tables and catalog", () => {
    expect(system.schema).toMatchObject({
      target: "0002_intent",
      upgrade: ["tria-migrate", "upgrade", "0002_intent"],
      variable: "DATABASE_URL",
      url: "postgresql://{user}:{password}@{host}:{port}/{name}",
    });
    expect(system.schema).not.toHaveProperty("downgrade");
    expect(system.schema.assertions.map(({ name, expect: wanted }) => [name, wanted])).toEqual([
      ["the tables", "8"],
      ["the catalog is loaded", "t"],
      ["orders whose lines do not make their subtotal", "0"],
    ]);
  });

  test("the probes: guide 003's steps 6 and 7, one key for all, what was written is removed", () => {
    const http = system.probes.filter(isHttp);
    expect(http.map(({ via, method, path, expect: { status } }) => `${via} ${method} ${path} ${status}`)).toEqual([
      "network GET /api/v1/health/liveness 200",
      "network GET /api/v1/health/readiness 200",
      "network GET /version 200",
      "network POST /api/chatbot 200",
      "network POST /api/chatbot 200",
      "edge GET /health 200",
      "edge GET /api/v1/health/readiness 200",
      "edge GET /version 200",
      "edge POST /api/chatbot 200",
      "edge GET /api/v1/health/diagnostics 404",
      "edge GET /metrics 404",
    ]);
    const chats = http.filter(({ method }) => method === "POST");
    expect(new Set(chats.map(({ headers, body }) => JSON.stringify([headers, body])))).toEqual(
      new Set(['[{"Idempotency-Key":"slipway-smoke-test"},{"message":"hello","user_id":"slipway-smoke-test"}]']),
    );
    expect(system.probes.filter((probe) => !isHttp(probe))).toMatchObject([
      { workload: "backend", argv: ["tria-forget", "slipway-smoke-test", "1"], cleanup: true },
    ]);
  });
});
