import { describe, expect, test } from "vitest";
import type { Workload } from "../../components/app/spec.ts";
import { isHttp } from "../../components/probe/spec.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { systemOf } from "../../infra/systems/index.ts";
import { tmws } from "../../infra/systems/tmws.ts";
import { given, localSettings, productionSettings } from "../fixtures/settings.ts";

const appOf = (settings: Settings): Workload => {
  const [app, ...others] = tmws(settings).workloads;
  if (app === undefined || others.length > 0) throw new Error("TMWS has one workload");
  return app;
};
const withApp = (app: Partial<Settings["app"]>): Settings => ({
  ...localSettings,
  app: { ...localSettings.app, ...app },
});

describe("the environment", () => {
  test("every variable of guide 000, 4.1, and guide 001's security switches, with the defaults", () => {
    expect(appOf(localSettings).env).toEqual({
      TMWS_DATABASE_URL: "sqlite+aiosqlite:////app/data/tmws.db",
      TMWS_SECRET_KEY: { secret: "secretKey" },
      TMWS_API_KEY_EXPIRE_DAYS: "90",
      TMWS_LICENSE_STORAGE: "/app/data/licenses",
      TMWS_LICENSE_DEFAULT_TIER: "FREE",
      TMWS_LICENSE_DEFAULT_DURATION_DAYS: "30",
      TMWS_CORS_ORIGINS: '["https://tmws.localhost:8443"]',
      TMWS_LOG_LEVEL: "INFO",
      TMWS_ENVIRONMENT: "production",
      TMWS_REDIS_URL: { store: "redis" },
      TMWS_PROMETHEUS_ENABLED: "true",
      TMWS_PROMETHEUS_PORT: "9090",
      TMWS_AUTH_ENABLED: "true",
      TMWS_RATE_LIMIT_ENABLED: "true",
      TMWS_SECURITY_HEADERS_ENABLED: "true",
      TMWS_AUDIT_LOG_ENABLED: "true",
      TMWS_NAMESPACE_ISOLATION_ENABLED: "true",
      TMWS_LICENSE_API_ENABLED: "false",
      TMWS_LICENSE_API_PORT: "8001",
    });
  });

  test("the user's own variables come after, the secret ones by name only", () => {
    const { env } = appOf(productionSettings);
    expect(env["EXTRA"]).toBe("plain");
    expect(env["OPENAI_API_KEY"]).toEqual({ secret: "OPENAI_API_KEY" });
    expect(env["TMWS_LICENSE_API_ENABLED"]).toBe("true");
  });

  test("without Redis no variable names it", () => {
    const settings = { ...localSettings, redis: { enabled: false, password: undefined } };
    const system = tmws(settings);
    expect(appOf(settings).env).not.toHaveProperty("TMWS_REDIS_URL");
    expect(system.redis).toEqual({ enabled: false });
    expect(system.probes.map(({ name }) => name)).toContain("checks a budget");
  });

  test("no secret of the config is anywhere in the system but wrapped", () => {
    const text = JSON.stringify(tmws(productionSettings));
    for (const secret of [given.secretKey, given.redisPassword, "an-openai-key"]) expect(text).not.toContain(secret);
    expect(tmws(productionSettings).secrets["secretKey"]?.given?.secret).toBe(given.secretKey);
  });
});

describe("the container", () => {
  const { mode, database, directories } = tmws(localSettings);
  const app = appOf(localSettings);

  test("its data: three volumes, a database, two directories of the same set", () => {
    expect(app.volumes).toEqual([
      { name: "data", path: "/app/data" },
      { name: "chromadb", path: "/app/data/chromadb" },
      { name: "licenses", path: "/app/data/licenses" },
    ]);
    expect(database).toEqual({ kind: "sqlite", file: "/app/data/tmws.db" });
    // SQLite has one writer.
    expect([mode, app.replicas]).toEqual(["stop-first", 1]);
    expect(directories).toEqual([
      { name: "chromadb", path: "/app/data/chromadb" },
      { name: "licenses", path: "/app/data/licenses" },
    ]);
  });

  test("uid 1000, readiness wants status and version, the health command has a time-out", () => {
    expect(app.user).toBe("1000:1000");
    expect(app.duty).toEqual({
      kind: "web",
      port: 8000,
      healthPath: "/health",
      healthy: { status: "healthy", version: "2.4.0" },
      healthCommand: [
        "python",
        "-c",
        "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health', timeout=4)",
      ],
    });
  });
});

describe("the schema", () => {
  const { schema } = tmws(localSettings);

  test("is named, never `head`, and is migrated by the image's own Alembic", () => {
    expect(schema).toMatchObject({
      target: "20251124_v2_license",
      heads: ["alembic", "heads"],
      knows: ["alembic", "show", "{revision}"],
      downgrade: ["alembic", "downgrade", "{revision}"],
      revisionSql: "SELECT version_num FROM alembic_version",
      upgrade: ["alembic", "upgrade", "20251124_v2_license"],
      workingDir: "/app",
      variable: "TMWS_DATABASE_URL",
      url: "sqlite+aiosqlite:///{file}",
    });
  });

  test("is proved by guide 000's 2.3: table, columns, indexes, no orphan, no broken foreign key", () => {
    expect(schema.assertions.map(({ name, expect: answer }) => [name, answer])).toEqual([
      ["the table license_keys", "1"],
      ["the license columns of agents", "3"],
      ["the license indexes", "5"],
      ["agents that name a license which is not there", "0"],
      ["foreign_key_check", ""],
    ]);
    for (const index of ["agent", "tier", "expiry", "active"])
      expect(schema.assertions[2]?.sql).toContain(`'idx_license_keys_${index}'`);
    expect(schema.assertions[2]?.sql).toContain("'idx_agents_license_expiry'");
  });
});

describe("the secrets", () => {
  test("are generated, the API key follows from the secret key", () => {
    expect(tmws(localSettings).secrets).toEqual({
      secretKey: { source: { kind: "hex", length: 64 } },
      apiKey: { source: { kind: "hmac-sha256", key: "secretKey", text: "api-key" } },
    });
  });
});

describe("routes and metrics", () => {
  test.each(["off", "internal"] as const)("the license API %s is not published", (licenseApi) => {
    expect(tmws(withApp({ licenseApi })).routes).toEqual([{ host: "tmws.localhost", alias: "app", port: 8000 }]);
  });

  test("a public one has its own host name", () => {
    expect(tmws(productionSettings).routes).toEqual([
      { host: "tmws.example.org", alias: "app", port: 8000 },
      { host: "license.tmws.example.org", alias: "app", port: 8001 },
    ]);
  });

  test("Prometheus asks the app only while the app answers it", () => {
    expect(tmws(localSettings).scrape).toEqual([{ name: "tmws", alias: "app", port: 9090 }]);
    expect(tmws(withApp({ prometheusEnabled: false })).scrape).toEqual([]);
  });
});

describe("the probes", () => {
  const { probes: all, secrets } = tmws(localSettings);
  const probes = all.filter(isHttp);

  test("from inside and through the edge, what is written is removed, a stranger is refused", () => {
    expect(probes.map(({ name, via, method, path }) => `${name}: ${method} ${path} by ${via}`)).toEqual([
      "healthy through the edge: GET /health by edge",
      "healthy inside the network: GET /health by network",
      "imports a license: POST /api/v1/license/import by edge",
      "checks a budget in Redis: POST /api/v1/budget/check by edge",
      "removes what it wrote: DELETE /api/v1/license/agents/slipway-smoke-test by edge",
      "refuses an import without a token: POST /api/v1/license/import by edge",
    ]);
    expect(probes.filter(({ cleanup }) => cleanup === true).map(({ name }) => name)).toEqual(["removes what it wrote"]);
  });

  test("each token is a secret that the system has", () => {
    for (const { bearer } of probes) if (bearer !== undefined) expect(Object.keys(secrets)).toContain(bearer);
  });

  test("the stranger sends no token and must get 401; without auth nobody is a stranger", () => {
    const stranger = probes.find(({ name }) => name.startsWith("refuses"));
    expect(stranger?.bearer).toBeUndefined();
    expect(stranger?.expect).toEqual({ status: 401 });
    expect(tmws(withApp({ authEnabled: false })).probes).toHaveLength(probes.length - 1);
  });
});

test("the guide's minimum", () => {
  expect(tmws(localSettings).minimum).toEqual({
    cores: 2,
    memoryGb: 4,
    diskGb: 10,
    docker: "24.0",
    guide: "guide 000, Prerequisites",
  });
});

test("the config's name picks the system", () => {
  expect(systemOf(localSettings).name).toBe("tmws");
});
