import { describe, expect, test } from "vitest";
import { deploymentOf, fargateHealth } from "../../../components/app/fargate.ts";
import type { Workload } from "../../../components/app/spec.ts";
import type { ContainerSpec } from "../../../components/container/spec.ts";
import { executionPolicy, repositoryArn } from "../../../components/ecs/role.ts";
import { fargateAddress, isFargateAddress, parseFargateAddress } from "../../../components/fargate/address.ts";
import { finishedOf, taskCommand } from "../../../components/fargate/command.ts";
import { readNote, writtenNote } from "../../../components/fargate/note.ts";
import { fargateSize } from "../../../components/fargate/size.ts";
import { taskOf } from "../../../components/fargate/task.ts";
import { lint } from "../../../components/iam/spec.ts";
import { redisTunnel, tunnelConfig } from "../../../components/redis/elasticache-spec.ts";

const address = {
  region: "eu-central-1",
  cluster: "slipway-production",
  subnets: ["subnet-a", "subnet-b"],
  group: "sg-tasks",
  role: "arn:aws:iam::123456789012:role/tasks",
  logs: "/slipway/production/tasks",
  database: "slipway-production",
  helper: "docker.io/curlimages/curl:8@sha256:0",
};

describe("where tasks run", () => {
  test("is read as it was written", () => {
    const host = fargateAddress(address);
    expect(host).toMatch(/^ecs:\/\/eu-central-1\/slipway-production\?subnets=subnet-a%2Csubnet-b&group=sg-tasks&/);
    expect(parseFargateAddress(host)).toEqual(address);
    expect(isFargateAddress(host)).toBe(true);
    expect(isFargateAddress("kubernetes:///slipway-local")).toBe(false);
  });

  test.each(["ecs://eu-central-1", "ecs://eu-central-1/c?subnets=a", "kubernetes:///x"])("%s is refused", (host) => {
    expect(() => parseFargateAddress(host)).toThrow("names no cluster of ECS: wanted is ecs://<region>/<cluster>?");
  });
});

describe("the smallest task that has both", () => {
  test.each([
    [
      { cpus: 0.25, memoryMb: 512 },
      { cpu: 256, memoryMb: 512 },
    ],
    [
      { cpus: 1, memoryMb: 2112 },
      { cpu: 1024, memoryMb: 3072 },
    ],
    [
      { cpus: 0.25, memoryMb: 3000 },
      { cpu: 512, memoryMb: 3072 },
    ],
    [
      { cpus: 2, memoryMb: 512 },
      { cpu: 2048, memoryMb: 4096 },
    ],
    [
      { cpus: 4, memoryMb: 8192 },
      { cpu: 4096, memoryMb: 8192 },
    ],
  ])("%j", (limits, size) => {
    expect(fargateSize(limits)).toEqual(size);
  });

  test("more than AWS rents is refused", () => {
    expect(() => fargateSize({ cpus: 32, memoryMb: 512 })).toThrow("Fargate rents no task with 32 processors");
  });
});

const spec: ContainerSpec = {
  name: "slipway-production_backend",
  image: "app@sha256:1",
  command: ["serve"],
  env: { B: "2", A: "1" },
  user: "1000:1000",
  mounts: [{ volume: "slipway-production_trust", path: "/etc/slipway/trust", readOnly: true }],
  tmpfs: ["/tmp"],
  network: [{ name: "private", aliases: ["backend"] }],
  labels: { "slipway.stack": "production", "slipway.part": "backend" },
  limits: { cpus: 1, memoryMb: 2048, pids: 256 },
  capabilities: [],
  health: { test: ["CMD", "alive"], intervalSeconds: 2, timeoutSeconds: 1, startPeriodSeconds: 400, retries: 12 },
  restart: "unless-stopped",
  stopGraceSeconds: 300,
};
const wish = {
  spec,
  region: "eu-central-1",
  logs: "/logs",
  helper: "curl@sha256:2",
  secrets: { PASSWORD: "arn:s:P::1" },
};

describe("a container as a task", () => {
  test("every field of it", () => {
    const { size, volumes, containers } = taskOf({ ...wish, ports: [8003] });
    expect(size).toEqual({ cpu: 1024, memoryMb: 2048 });
    expect(volumes).toEqual([{ name: "v-etc-slipway-trust" }, { name: "v-tmp" }]);
    expect(containers.map(({ name }) => name)).toEqual(["backend", "prepare"]);
    expect(containers[0]).toEqual({
      name: "backend",
      image: "app@sha256:1",
      essential: true,
      command: ["serve"],
      environment: [
        { name: "A", value: "1" },
        { name: "B", value: "2" },
      ],
      secrets: [{ name: "PASSWORD", valueFrom: "arn:s:P::1" }],
      portMappings: [{ containerPort: 8003, protocol: "tcp" }],
      user: "1000:1000",
      readonlyRootFilesystem: true,
      linuxParameters: { initProcessEnabled: false, capabilities: { drop: ["ALL"] } },
      mountPoints: [
        { sourceVolume: "v-etc-slipway-trust", containerPath: "/etc/slipway/trust", readOnly: true },
        { sourceVolume: "v-tmp", containerPath: "/tmp", readOnly: false },
      ],
      dependsOn: [{ containerName: "prepare", condition: "SUCCESS" }],
      stopTimeout: 120,
      dockerLabels: spec.labels,
      healthCheck: { command: ["CMD", "alive"], interval: 5, timeout: 2, retries: 10, startPeriod: 300 },
      logConfiguration: {
        logDriver: "awslogs",
        options: {
          "awslogs-group": "/logs",
          "awslogs-region": "eu-central-1",
          "awslogs-stream-prefix": "backend",
          mode: "non-blocking",
          "max-buffer-size": "8m",
        },
      },
    });
  });

  test("what prepares it fetches whom to trust, has no secret, and ends first", () => {
    const prepare = taskOf(wish).containers.find(({ name }) => name === "prepare");
    expect(prepare).toMatchObject({ essential: false, user: "0:0", secrets: [], environment: [], dependsOn: [] });
    expect(prepare?.entryPoint?.at(-1)).toBe(
      [
        "chmod 1777 /etc/slipway/trust /tmp",
        "curl --silent --show-error --fail --proto =https --tlsv1.2 --retry 3 --output /etc/slipway/trust/ca.crt https://truststore.pki.rds.amazonaws.com/eu-central-1/eu-central-1-bundle.pem",
        "chmod 444 /etc/slipway/trust/ca.crt",
      ].join("\n"),
    );
  });

  test("a check runs before it with its variables; a tunnel beside it without them", () => {
    const beside = [redisTunnel("haproxy@sha256:3", "cache.example", tunnelConfig)];
    const { containers, size } = taskOf({ ...wish, before: { name: "check", argv: ["imports"] }, beside });
    const own = Object.fromEntries(containers.map((each) => [each.name, each]));
    expect(Object.keys(own)).toEqual(["backend", "check", "redis", "prepare"]);
    expect(own["backend"]?.dependsOn).toEqual([
      { containerName: "prepare", condition: "SUCCESS" },
      { containerName: "redis", condition: "START" },
      { containerName: "check", condition: "SUCCESS" },
    ]);
    expect(own["check"]).toMatchObject({ entryPoint: ["imports"], command: [], essential: false });
    expect(own["check"]?.secrets).toEqual([{ name: "PASSWORD", valueFrom: "arn:s:P::1" }]);
    expect(own["redis"]).toMatchObject({ essential: true, secrets: [], portMappings: [], user: "99:99" });
    expect(own["redis"]?.environment[0]?.value).toContain("server primary cache.example:6379 ssl verify required");
    expect(size.memoryMb).toBe(3072);
  });

  test.each([
    ["the host's network", { network: "host" as const }],
    ["a service on the host", { hostGateway: true }],
    ["a port of the host", { ports: [] }],
    ["NET_ADMIN", { capabilities: ["NET_ADMIN"] }],
    ["no GPU", { gpu: true }],
  ])("is refused for %s", (words, own) => {
    expect(() => taskOf({ ...wish, spec: { ...spec, ...own } })).toThrow(words);
  });
});

describe("a command as a task", () => {
  test("what it printed is whole: empty lines, no last newline, long lines in pieces", () => {
    expect(finishedOf(["|a", "|", "|b", "|slipway-exit 3"])).toEqual({ exitCode: 3, output: "a\n\nb" });
    expect(finishedOf(["|{}", "|200", "|slipway-exit 0"])).toEqual({ exitCode: 0, output: "{}\n200" });
    expect(finishedOf(["|abc", "def", "|slipway-exit 0"])).toEqual({ exitCode: 0, output: "abcdef" });
    expect(finishedOf(["|slipway-exit 0"])).toEqual({ exitCode: 0, output: "" });
  });

  test("without its last line it has not ended", () => {
    expect(finishedOf([])).toBeUndefined();
    expect(finishedOf(["|slipway-exit 0", "|more"])).toBeUndefined();
    expect(finishedOf(["slipway-exit 0"])).toBeUndefined();
  });

  test("its words are arguments and no script", () => {
    expect(taskCommand(["psql", "-c", "SELECT 'a b'"]).slice(-4)).toEqual(["sh", "psql", "-c", "SELECT 'a b'"]);
  });
});

describe("a note on a service", () => {
  test("of any length and with any letter", () => {
    const text = JSON.stringify({ release: "a", image: `x@sha256:${"0".repeat(300)}`, reads: ["ä"] });
    const { written, stale } = writtenNote(text, ["slipway:served-0", "slipway:served-9", "slipway.stack"]);
    expect(written.every(({ value }) => /^[\w-]{1,250}$/.test(value))).toBe(true);
    expect(written.length).toBeGreaterThan(1);
    expect(stale).toEqual(["slipway:served-9"]);
    expect(readNote([{ key: "slipway.stack", value: "x" }, ...written])).toBe(text);
    expect(readNote([])).toBeUndefined();
  });
});

describe("what fetches images and secrets", () => {
  const rights = { logs: "arn:l", secrets: "arn:s/*" };
  test("may nothing else, and has no wide right", () => {
    const repository = repositoryArn("123456789012.dkr.ecr.eu-central-1.amazonaws.com/slipway/production:1@sha256:0");
    expect(repository).toBe("arn:aws:ecr:eu-central-1:123456789012:repository/slipway/production");
    const document = executionPolicy({ ...rights, repositories: [repository ?? ""] });
    expect(lint(document)).toEqual([]);
    expect(document.Statement.map(({ Sid }) => Sid)).toEqual(["Logs", "Secrets", "RegistryLogin", "PullImages"]);
  });

  test("asks no registry of AWS for an image from elsewhere", () => {
    expect(repositoryArn("ghcr.io/acme/app:1@sha256:0")).toBeUndefined();
    expect(executionPolicy({ ...rights, repositories: [] }).Statement).toHaveLength(2);
  });
});

describe("a workload on Fargate", () => {
  const times = { intervalSeconds: 30, timeoutSeconds: 5, startPeriodSeconds: 10, retries: 3 };
  const web: Workload["duty"] = {
    kind: "web",
    port: 1,
    healthPath: "/",
    healthy: {},
    healthCommand: ["healthy"],
    liveness: ["alive"],
  };
  const workload = (duty: Workload["duty"]): Workload => {
    return { name: "w", replicas: 1, user: "1:1", env: {}, volumes: [], tmpfs: [], duty };
  };

  test("is replaced when it shows no life, not when it is busy", () => {
    expect(fargateHealth(workload(web), times)?.test).toEqual(["CMD", "alive"]);
    const { liveness: _, ...rest } = web;
    expect(fargateHealth(workload(rest), times)?.test).toEqual(["CMD", "healthy"]);
    expect(fargateHealth(workload({ kind: "worker", check: [], single: false }), times)).toBeUndefined();
  });

  test("comes before the old one goes; of what must be alone the old one goes first", () => {
    const many = { deploymentMaximumPercent: 200, deploymentMinimumHealthyPercent: 100 };
    expect(deploymentOf(workload(web))).toEqual(many);
    expect(deploymentOf(workload({ kind: "worker", check: [], single: true }))).toEqual({
      deploymentMaximumPercent: 100,
      deploymentMinimumHealthyPercent: 0,
    });
  });
});
