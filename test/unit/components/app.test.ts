import { describe, expect, test } from "vitest";
import { healthOf, limitsOf, tiers } from "../../../components/app/options.ts";
import {
  derivedSecret,
  plainEnv,
  secretEnv,
  type Workload,
  workloadContainer,
  workloadMounts,
} from "../../../components/app/spec.ts";

const place = { stack: "local", system: "tmws" };
const workload: Workload = {
  name: "app",
  replicas: 1,
  user: "1000:1000",
  env: {
    PLAIN: "1",
    KEY: { secret: "secretKey" },
    URL: { store: "redis" },
    PASSWORD: { store: "redis", field: "password" },
  },
  volumes: [{ name: "data", path: "/app/data" }],
  tmpfs: ["/tmp"],
  duty: {
    kind: "web",
    port: 8000,
    healthPath: "/health",
    healthy: { status: "healthy" },
    healthCommand: ["python", "-c", "check"],
  },
};
const health = { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 };

describe("the workload's container", () => {
  test("carries no secret and no release", () => {
    const deployment = {
      image: "sha256:app",
      network: "slipway-local_private",
      limits: { cpus: 2, memoryMb: 2048, pids: 256 },
      health,
      stopGraceSeconds: 30,
    };
    expect(workloadContainer(place, workload, deployment)).toEqual({
      name: "slipway-local_app",
      image: "sha256:app",
      env: { PLAIN: "1" },
      user: "1000:1000",
      mounts: [{ volume: "slipway-local_data", path: "/app/data" }],
      tmpfs: ["/tmp"],
      network: [{ name: "slipway-local_private", aliases: ["app"] }],
      labels: { "slipway.stack": "local", "slipway.system": "tmws", "slipway.part": "app", "slipway.role": "workload" },
      limits: { cpus: 2, memoryMb: 2048, pids: 256 },
      capabilities: [],
      health: { test: ["CMD", "python", "-c", "check"], ...health },
      restart: "unless-stopped",
      stopGraceSeconds: 30,
    });
    expect(plainEnv(workload)).toEqual({ PLAIN: "1" });
    expect(workloadMounts(place, workload)).toEqual([{ volume: "slipway-local_data", path: "/app/data" }]);
  });

  test("a worker has its own command, part and alias, and no health check: nobody asks it", () => {
    const worker: Workload = {
      ...workload,
      name: "worker",
      command: ["work"],
      duty: { kind: "worker", check: [], single: false },
    };
    const deployment = { image: "sha256:app", network: "n", limits: tiers.small, health, stopGraceSeconds: 30 };
    const spec = workloadContainer(place, worker, deployment);
    expect(spec.command).toEqual(["work"]);
    expect(spec.network).toEqual([{ name: "n", aliases: ["worker"] }]);
    expect(spec.labels["slipway.part"]).toBe("worker");
    expect(spec).not.toHaveProperty("health");
  });

  test("what every workload has mounted comes after its own volumes", () => {
    const trust = { volume: "slipway-local_trust", path: "/etc/slipway/trust", readOnly: true };
    const deployment = { image: "sha256:app", network: "n", limits: tiers.small, health, stopGraceSeconds: 30 };
    const mounts = workloadContainer(place, workload, { ...deployment, mounts: [trust] }).mounts;
    expect(mounts).toEqual([{ volume: "slipway-local_data", path: "/app/data" }, trust]);
  });
});

const redis = { url: "redis://x", password: "p" };

describe("secretEnv", () => {
  test("each secret variable with its value, nothing else", () => {
    expect(secretEnv(workload, { secrets: { secretKey: "k", unused: "u" }, stores: { redis } })).toEqual({
      KEY: "k",
      URL: "redis://x",
      PASSWORD: "p",
    });
  });

  test.each([
    [
      { secrets: {}, stores: { redis } },
      'variable KEY of workload app names {"secret":"secretKey"}, which the system does not have',
    ],
    [
      { secrets: { secretKey: "k" }, stores: {} },
      'variable URL of workload app names {"store":"redis"}, which the system does not have',
    ],
  ])("a name that the system lacks is an error, not an empty variable", (known, message) => {
    expect(() => secretEnv(workload, known)).toThrow(message);
  });
});

describe("derivedSecret", () => {
  test("HMAC-SHA256 in hex (RFC 4231, case 2)", () => {
    const source = { kind: "hmac-sha256", key: "secretKey", text: "what do ya want for nothing?" } as const;
    expect(derivedSecret(source, "Jefe")).toBe("5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  });
});

describe("limits and health", () => {
  test("the tier's, with the user's own over them", () => {
    const none = { cpus: undefined, memoryMb: undefined, pids: undefined };
    expect(limitsOf("small", none)).toEqual({ cpus: 2, memoryMb: 2048, pids: 256 });
    expect(limitsOf("medium", none)).toEqual(tiers.medium);
    expect(limitsOf("large", { ...none, memoryMb: 1024 })).toEqual({ cpus: 8, memoryMb: 1024, pids: 1024 });
  });

  test("the system's timings, with the user's own over them, zero too", () => {
    const none = {
      intervalSeconds: undefined,
      timeoutSeconds: undefined,
      startPeriodSeconds: undefined,
      retries: undefined,
    };
    expect(healthOf(health, none)).toEqual(health);
    expect(healthOf(health, { ...none, startPeriodSeconds: 0 })).toEqual({ ...health, startPeriodSeconds: 0 });
  });
});
