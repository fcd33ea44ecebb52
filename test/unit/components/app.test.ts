import { describe, expect, test } from "vitest";
import { dutyOf } from "../../../components/app/duty.ts";
import { livenessHealth } from "../../../components/app/liveness.ts";
import { healthOf, limitsOf, tiers } from "../../../components/app/options.ts";
import {
  type Deployment,
  derivedSecret,
  egressNetwork,
  plainEnv,
  secretEnv,
  type Workload,
  workloadContainer,
  workloadMounts,
} from "../../../components/app/spec.ts";
import { backendsOf } from "../../../components/switch/names.ts";

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
      network: ["private", "front"].map((name) => ({ name: `slipway-local_${name}`, aliases: ["app"] })),
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

describe("what a workload may ask for", () => {
  const deployment = { image: "sha256:app", network: "n", limits: tiers.small, health, stopGraceSeconds: 30 };
  const spec = (more: Partial<Workload>) => workloadContainer(place, { ...workload, ...more }, deployment);
  const tcp = { kind: "tcp", port: 3001, healthCommand: ["ask"] } as const;

  test("a way out is a further network, where nobody looks for it", () => {
    expect(spec({ egress: true }).network).toEqual([
      { name: "n", aliases: ["app"] },
      { name: "slipway-local_front", aliases: ["app"] },
      { name: egressNetwork(place), aliases: [] },
    ]);
    expect(egressNetwork(place)).toBe("slipway-local_egress");
    expect(spec({ egress: false })).toEqual(spec({}));
  });

  test("raw TCP has its check as Docker's health", () => {
    expect(spec({ duty: tcp }).health).toEqual({ test: ["CMD", "ask"], ...health });
    expect(spec({ duty: tcp })).not.toHaveProperty("init");
  });

  test("liveness: Docker's init, a /tmp to count on, and a check that ends what hangs; for web and raw TCP alike", () => {
    const { duty } = workload;
    if (duty.kind !== "web") throw new Error("a web workload");
    const liveness = ["alive"];
    const commands = [duty.healthCommand, tcp.healthCommand];
    for (const [at, each] of [duty, tcp].entries()) {
      const { init, tmpfs, health: check } = spec({ duty: { ...each, liveness }, tmpfs: ["/cache"] });
      expect({ init, tmpfs, check }).toEqual({
        init: true,
        tmpfs: ["/cache", "/tmp"],
        check: livenessHealth({ liveness, health: commands[at] ?? [], times: health, stopGraceSeconds: 30 }),
      });
    }
    expect(spec({ duty: { ...duty, liveness } }).tmpfs).toEqual(["/tmp"]);
  });
});

describe("what is kept of logs", () => {
  const deployment = { image: "sha256:app", network: "n", limits: tiers.small, health, stopGraceSeconds: 30 };
  const own = { megabytes: 10, files: 30 };
  const logs = (given: Deployment["logs"], ours?: Workload["logs"]) =>
    workloadContainer(
      place,
      { ...workload, ...(ours && { logs: ours }) },
      { ...deployment, ...(given && { logs: given }) },
    ).logs;

  test("nothing is said where neither config nor the system says it: the container stays as it is", () => {
    expect(logs(undefined)).toBeUndefined();
    expect(logs({})).toBeUndefined();
  });

  test("the system's own, and config's word before it, each for itself", () => {
    expect(logs({}, own)).toEqual(own);
    expect(logs({ files: 7 }, own)).toEqual({ megabytes: 10, files: 7 });
    expect(logs({ megabytes: 50 })).toEqual({ megabytes: 50, files: 3 });
  });
});

describe("dutyOf", () => {
  const backends = backendsOf([
    { alias: "app", port: 8000 },
    { alias: "other", port: 1 },
    { alias: "mcp", port: 3001 },
  ]);
  const { duty } = workload;

  test("web and raw TCP get their own backends, by their place among all", () => {
    expect(dutyOf(workload, backends)).toEqual({
      kind: "web",
      port: 8000,
      path: "/health",
      json: { status: "healthy" },
      backends: [{ name: "app-8000", candidatePort: 8480 }],
    });
    const tcp: Workload = {
      ...workload,
      name: "mcp",
      duty: { kind: "tcp", port: 3001, healthCommand: ["ask"], liveness: ["alive"] },
    };
    expect(dutyOf(tcp, backends)).toEqual({
      kind: "tcp",
      port: 3001,
      check: ["ask"],
      liveness: ["alive"],
      backends: [{ name: "mcp-3001", candidatePort: 8482 }],
    });
  });

  test("web with liveness keeps the bare question beside it; a worker stays as it is", () => {
    if (duty.kind !== "web") throw new Error("a web workload");
    const found = dutyOf({ ...workload, duty: { ...duty, liveness: ["alive"] } }, backends);
    expect(found).toMatchObject({ liveness: ["alive"], check: ["python", "-c", "check"] });
    const worker = { kind: "worker", check: ["c"], single: true } as const;
    expect(dutyOf({ ...workload, duty: worker }, backends)).toEqual(worker);
  });
});

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
