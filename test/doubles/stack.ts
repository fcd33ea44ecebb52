import { vi } from "vitest";
import { type ContainerSpec, labelsFor } from "../../components/container/spec.ts";
import type { Database } from "../../components/database/spec.ts";
import type { SchemaSpec } from "../../components/migration/spec.ts";
import { trustMount } from "../../components/postgres/spec.ts";
import type { RolloutInputs, WorkloadPlan } from "../../components/rollout/spec.ts";
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
export const wrongImage = "sha256:wrong";
export const uncheckedImage = "sha256:unchecked";
export const brokenMigration = "sha256:broken-migration";

const network = "slipway-test_private";
const data = { volume: "slipway-test_data", path: "/app/data" };
const journal = { volume: "slipway-test_journal", path: "/var/lib/slipway" };

export type Mode = RolloutInputs["mode"];

export function newStack(mode: Mode = "stop-first", backends: readonly string[] = ["app-8000"]): Stack {
  const failingPaths = new Set<string>();
  const host = new MemoryHost(
    {
      revisions: (image) => (image === oldImage ? ["a"] : ["a", "b"]),
      unhealthy: new Set([unhealthyImage]),
      wrong: new Set([wrongImage]),
      unchecked: new Set([uncheckedImage]),
      brokenMigration: new Set([brokenMigration]),
      failingPaths,
      oneWriter: mode === "stop-first",
    },
    backends,
  );
  const id = host.place({ ...container("switch", "sha256:haproxy"), labels: labelsFor(place, "switch", "part") });
  host.box(id).state = "running";
  host.users.single.add("scheduler");
  host.onCall = () => vi.setSystemTime(Date.now() + 1000);
  return { host, failingPaths };
}

/** A container of the stack without anything particular to it. */
export function container(part: string, image: string): ContainerSpec {
  return {
    name: `slipway-test_${part}`,
    image,
    env: { PLAIN: "1" },
    user: "1000:1000",
    mounts: part === "switch" ? [journal] : [data],
    tmpfs: ["/tmp"],
    network: [{ name: network, aliases: [part] }],
    labels: labelsFor(place, part, "workload"),
    limits: { cpus: 2, memoryMb: 2048, pids: 256 },
    capabilities: [],
    restart: "unless-stopped",
    stopGraceSeconds: 30,
  };
}

export function webPlan(image: string, replicas = 1): WorkloadPlan {
  const backends = [{ name: "app-8000", candidatePort: 8480 }];
  const duty = { kind: "web", port: 8000, path: "/health", json: { status: "healthy" }, backends } as const;
  return { container: container("app", image), replicas, duty };
}

/** Raw TCP, like AIDIS' MCP server. */
export function tcpPlan(image: string, replicas = 1): WorkloadPlan {
  const backends = [{ name: "mcp-8080", candidatePort: 8480 }];
  return {
    container: container("mcp", image),
    replicas,
    duty: { kind: "tcp", port: 8080, check: ["check"], backends },
  };
}

export function workerPlan(image: string, replicas: number, single = false): WorkloadPlan {
  const spec = container(single ? "scheduler" : "worker", image);
  return { container: { ...spec, command: ["work"] }, replicas, duty: { kind: "worker", check: ["check"], single } };
}

/** A release of one web process. */
export function rolloutInputs(
  image: string,
  revision: string,
  secretEnv: Record<string, string> = { KEY: "the-secret-value" },
  more: Partial<RolloutInputs> = {},
): RolloutInputs {
  return {
    host: "unix:///nowhere.sock",
    place,
    owner: "file:///states",
    takeOver: "",
    mode: "stop-first",
    workloads: [webPlan(image)],
    secretEnv: { app: secretEnv },
    data: dataOf(image),
    dataSecrets: {},
    schema: schemaOf(revision),
    set: "20260101T000000Z-backup-point",
    rehearsed: revision,
    back: "",
    reads: [],
    gate: {
      probeImage: "sha256:curl",
      probes: [{ name: "works", via: "network", method: "GET", path: "/probe", expect: { status: 200 } }],
      tokens: {},
    },
    times: { ready: 2, drain: 30, hold: 600 },
    bake: { seconds: 0, triggers: [], prometheus: "" },
    retry: "",
    acceptSchema: "",
    environment: "local",
    version: "2.4.0",
    webhook: "",
    deviation: "",
    ...more,
  };
}

/** A release of web processes, workers and a scheduler on PostgreSQL, beside the one before. */
export function overlapInputs(
  image: string,
  revision: string,
  { web = 3, workers = 2, scheduler = 1, ...more }: Partial<RolloutInputs> & Partial<Replicas> = {},
): RolloutInputs {
  return rolloutInputs(image, revision, undefined, {
    mode: "overlap",
    workloads: [webPlan(image, web), workerPlan(image, workers), workerPlan(image, scheduler, true)],
    data: {
      ...dataOf(image, {
        kind: "postgres",
        name: "orders",
        image: "sha256:postgres",
        network,
        trust: trustMount(place),
      }),
    },
    dataSecrets: { PGPASSWORD: "the-owner-password" },
    schema: { ...schemaOf(revision), url: "postgresql://{user}:{password}@{host}:{port}/{name}" },
    ...more,
  });
}

export interface Replicas {
  readonly web: number;
  readonly workers: number;
  readonly scheduler: number;
}

export function schemaOf(revision: string): SchemaSpec {
  return {
    target: revision,
    heads: ["alembic", "heads"],
    knows: ["alembic", "show", "{revision}"],
    upgrade: ["alembic", "upgrade", revision],
    downgrade: ["alembic", "downgrade", "{revision}"],
    revisionSql: "SELECT version_num FROM alembic_version",
    workingDir: "/app",
    variable: "TMWS_DATABASE_URL",
    url: "sqlite+aiosqlite:///{file}",
    env: {},
    assertions: [{ name: "version", sql: "SELECT version_num FROM alembic_version", expect: revision }],
    report: "Migrated \\d+ agent\\(s\\)[^\\n]*",
  };
}

export function dataOf(
  image: string,
  database: Database = { kind: "sqlite", file: "/app/data/tmws.db" },
): RolloutInputs["data"] {
  const mounts = database.kind === "sqlite" ? [data] : [];
  return {
    image,
    user: "1000:1000",
    mounts,
    backupVolume: "slipway-test_backups",
    database,
    directories: [],
    keep: 30,
  };
}

/** The proof of a release that such inputs made. */
export function smokeInputs(release: string, from: string | RolloutInputs): SmokeTestInputs {
  const { mode, data: spec, dataSecrets, schema } = typeof from === "string" ? rolloutInputs(from, "b") : from;
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
    network: { target: { base: "http://app:8000", options: [] }, from: network, mounts: [] },
    edge: { target: { base: "https://tmws.localhost:8443", options: [] }, from: "host", mounts: [] },
    probeImage: "sha256:curl",
    readySeconds: 2,
    mode,
    data: spec,
    dataSecrets,
    schema,
    environment: "local",
    version: "2.4.0",
    webhook: "",
    upstream: {},
  };
}
