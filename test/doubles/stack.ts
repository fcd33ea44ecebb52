import { vi } from "vitest";
import type { RolloutInputs } from "../../components/rollout/spec.ts";
import type { SmokeTestInputs } from "../../components/smoke-test/spec.ts";
import { MemoryHost } from "./memory-host.ts";

/** One stack on a `MemoryHost`, driven through the real steps as `pulumi up` drives them. Each call of the host takes one second. */
export interface Stack {
  readonly host: MemoryHost;
  readonly failingPaths: Set<string>;
}

export const place = { stack: "test", system: "tmws" };
export const oldImage = "sha256:old";
export const newImage = "sha256:new";
export const unhealthyImage = "sha256:unhealthy";
export const brokenMigration = "sha256:broken-migration";

export function newStack(): Stack {
  const failingPaths = new Set<string>();
  const host = new MemoryHost({
    revisions: ["a", "b"],
    unhealthy: new Set([unhealthyImage]),
    brokenMigration,
    failingPaths,
  });
  host.onCall = () => vi.setSystemTime(Date.now() + 1000);
  return { host, failingPaths };
}

export function rolloutInputs(
  image: string,
  revision: string,
  secretEnv: Record<string, string> = { KEY: "the-secret-value" },
): RolloutInputs {
  return {
    host: "unix:///nowhere.sock",
    place,
    app: {
      name: "slipway-test_app",
      image,
      env: { PLAIN: "1" },
      user: "1000:1000",
      mounts: [{ volume: "slipway-test_data", path: "/app/data" }],
      tmpfs: ["/tmp"],
      network: [{ name: "slipway-test_private", aliases: ["app"] }],
      labels: { "slipway.stack": "test", "slipway.system": "tmws", "slipway.part": "app", "slipway.role": "workload" },
      limits: { cpus: 2, memoryMb: 2048, pids: 256 },
      capabilities: [],
      restart: "unless-stopped",
      stopGraceSeconds: 30,
    },
    secretEnv,
    data: dataOf(image),
    schema: {
      target: revision,
      heads: ["alembic", "heads"],
      current: ["alembic", "current"],
      upgrade: ["alembic", "upgrade", revision],
      workingDir: "/app",
      variable: "TMWS_DATABASE_URL",
      url: "sqlite+aiosqlite:///{file}",
      assertions: [{ name: "version", sql: "SELECT version_num FROM alembic_version", expect: revision }],
      report: "Migrated \\d+ agent\\(s\\)[^\\n]*",
    },
    revision,
    ready: { probeImage: "sha256:curl", port: 8000, path: "/health", json: { status: "healthy" }, timeoutSeconds: 2 },
    deviation: "",
  };
}

function dataOf(image: string): RolloutInputs["data"] {
  return {
    image,
    user: "1000:1000",
    mounts: [{ volume: "slipway-test_data", path: "/app/data" }],
    backupVolume: "slipway-test_backups",
    database: { file: "/app/data/tmws.db" },
    directories: [],
    keep: 30,
  };
}

export function smokeInputs(release: string, image: string): SmokeTestInputs {
  return {
    host: "unix:///nowhere.sock",
    place,
    release,
    probes: [
      {
        name: "healthy",
        via: "edge",
        method: "GET",
        path: "/health",
        expect: { status: 200, json: { status: "healthy" } },
      },
      { name: "imports", via: "edge", method: "POST", path: "/import", bearer: "apiKey", expect: { status: 200 } },
      {
        name: "removes",
        via: "edge",
        method: "DELETE",
        path: "/import",
        bearer: "apiKey",
        expect: { status: 200 },
        cleanup: true,
      },
    ],
    tokens: { apiKey: "the-api-key" },
    network: { target: { base: "http://app:8000", options: [] }, from: "slipway-test_private", mounts: [] },
    edge: { target: { base: "https://tmws.localhost:8443", options: [] }, from: "host", mounts: [] },
    probeImage: "sha256:curl",
    readySeconds: 2,
    data: dataOf(image),
    upstream: {},
  };
}
