import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { isHttp } from "../../components/probe/spec.ts";
import type { Settings } from "../../infra/config/settings.ts";
import { systemOf, systems } from "../../infra/systems/index.ts";
import type { System } from "../../infra/systems/system.ts";
import { defaultsOf } from "../../ops/systems.ts";
import { localSettings } from "../fixtures/settings.ts";
import { tmws23Settings } from "../fixtures/tmws-2.3-settings.ts";

const appOf = ({ workloads }: System) => {
  const [app, ...others] = workloads;
  if (app === undefined || others.length > 0) throw new Error("TMWS has one workload");
  return app;
};
const system = (settings: Settings = tmws23Settings()) => systemOf(settings);
const newer = systemOf(localSettings);

describe("one product in two versions", () => {
  test("its name is that of 2.4, so that its resources and labels are", () => {
    expect([system().name, system().title, system().version]).toEqual(["tmws", "TMWS 2.3.1", "2.3.1"]);
    expect([newer.name, newer.title]).toEqual(["tmws", "TMWS 2.4"]);
  });

  test("what the config calls a product is the system's name", () => {
    for (const options of systems) {
      expect(systemOf(defaultsOf(options)).name).toBe(options.product ?? options.name);
    }
  });

  test("database, workload and the vectors' volume are the same; the vectors move from /app/.chroma", () => {
    expect(system().database).toEqual(newer.database);
    expect(appOf(system()).name).toBe(appOf(newer).name);
    const pathOf = (of: System) => appOf(of).volumes.find(({ name }) => name === "chromadb")?.path;
    expect([pathOf(system()), pathOf(newer)]).toEqual(["/app/.chroma", "/app/data/chromadb"]);
    const setOf = (of: System) => of.directories.find(({ name }) => name === "chromadb")?.path;
    expect([setOf(system()), setOf(newer)]).toEqual(["/app/.chroma", "/app/data/chromadb"]);
  });

  test("the secrets are the same, the key is kept", () => {
    expect(system().secrets).toEqual(newer.secrets);
  });

  test("the reference applications agree on the base revision and on how they embed", () => {
    const read = (of: string, path: string) =>
      readFileSync(new URL(`../workloads/${of}/${path}`, import.meta.url), "utf8");
    for (const path of ["migrations/versions/315d506e2598_base.py", "src/services/embedding.py", "src/core/drain.py"]) {
      expect(read("tmws-2.3", path), path).toBe(read("tmws", path));
    }
    expect(system().schema.target).toBe("315d506e2598");
  });
});

describe("guide 001", () => {
  test("its minimum, its health timings, no Redis, one writer", () => {
    const settings = tmws23Settings();
    const { minimum, redis, mode, scrape } = system(settings);
    expect(minimum).toEqual({
      cores: 2,
      memoryGb: 2,
      diskGb: 10,
      docker: "24.0",
      guide: "guide 001, System Requirements",
    });
    expect(settings.health).toEqual({ intervalSeconds: 30, timeoutSeconds: 10, startPeriodSeconds: 30, retries: 3 });
    expect([redis.enabled, mode, appOf(system()).replicas, scrape]).toEqual([false, "stop-first", 1, []]);
  });

  test("its volumes; what it backs up", () => {
    expect(appOf(system()).volumes).toEqual([
      { name: "data", path: "/app/data" },
      { name: "chromadb", path: "/app/.chroma" },
      { name: "config", path: "/app/config" },
      { name: "logs", path: "/app/logs" },
    ]);
    expect(system().directories.map(({ name }) => name)).toEqual(["chromadb", "config"]);
  });

  test("its health answer, asked for as readiness and by the image's curl", () => {
    expect(appOf(system()).duty).toMatchObject({
      healthPath: "/health",
      healthy: {
        status: "ok",
        version: "2.3.1",
        database: "connected",
        vector_store: "ready",
        ollama: "available",
      },
      healthCommand: ["curl", "-fsS", "--max-time", "9", "http://127.0.0.1:8000/health"],
    });
  });

  test.each([
    ["small", "5", "10"],
    ["medium", "10", "20"],
    ["large", "10", "20"],
  ])("the pool of tier %s is %s and %s more", (tier, size, overflow) => {
    const { env } = appOf(system(tmws23Settings({ tier })));
    expect([env["TMWS_DB_POOL_SIZE"], env["TMWS_DB_MAX_OVERFLOW"]]).toEqual([size, overflow]);
  });

  test("a pool of the user's own wins", () => {
    const { env } = appOf(system(tmws23Settings({ app: { dbPoolSize: 7, dbMaxOverflow: 0 } })));
    expect([env["TMWS_DB_POOL_SIZE"], env["TMWS_DB_MAX_OVERFLOW"]]).toEqual(["7", "0"]);
  });
});

describe("Ollama", () => {
  const variablesOf = (of: System) => {
    const { env } = appOf(of);
    return [env["TMWS_OLLAMA_BASE_URL"], env["TMWS_OLLAMA_MODEL"]];
  };
  const e5 = "zylonai/multilingual-e5-large";

  test("in a container by default, native by config; the model of the guide", () => {
    expect(system().ollama).toMatchObject({ mode: "container", model: { name: e5, dimensions: 1024 } });
    expect(variablesOf(system())).toEqual(["http://ollama:11434", e5]);
    const native = system(tmws23Settings({ ollama: { mode: "native", port: 11500 } }));
    expect(variablesOf(native)).toEqual(["http://host.docker.internal:11500", e5]);
    expect(appOf(native).hostGateway).toBe(true);
    expect(appOf(system()).hostGateway).toBeUndefined();
  });

  test("a 2.4 has it only by config, and knows nothing of it without", () => {
    expect(newer.ollama).toEqual({ mode: "off" });
    expect(variablesOf(newer)).toEqual([undefined, undefined]);
    const upgraded = systemOf({ ...localSettings, ollama: { ...localSettings.ollama, mode: "container" } });
    expect(variablesOf(upgraded)).toEqual(["http://ollama:11434", e5]);
  });
});

describe("the probes", () => {
  const probes = system().probes.filter(isHttp);

  test("each part is named in the health answer; a memory is stored, found and removed; a stranger is refused", () => {
    expect(probes.map(({ name, via, method, path }) => `${name}: ${method} ${path.split("?")[0]} by ${via}`)).toEqual([
      "healthy through the edge: GET /health by edge",
      "healthy inside the network: GET /health by network",
      "stores a memory: POST /api/v1/memories by edge",
      "finds it by meaning: GET /api/v1/memories/search by edge",
      "removes what it wrote: DELETE /api/v1/memories/slipway-smoke-test by edge",
      "refuses a memory without a token: POST /api/v1/memories by edge",
    ]);
    expect(probes.filter(({ cleanup }) => cleanup === true).map(({ name }) => name)).toEqual(["removes what it wrote"]);
    expect(probes.find(({ name }) => name === "finds it by meaning")?.expect.json).toMatchObject({
      results: [{ id: "slipway-smoke-test" }],
    });
  });

  test("with authentication off nobody is a stranger", () => {
    const open = system(tmws23Settings({ app: { authEnabled: false } })).probes.map(({ name }) => name);
    expect(open).not.toContain("refuses a memory without a token");
  });
});
