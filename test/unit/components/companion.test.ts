import { afterEach, describe, expect, test, vi } from "vitest";
import { askable, proveProduct } from "../../../components/backup/rds-product.ts";
import { fargateAddress } from "../../../components/fargate/address.ts";
import { companionOf, type Moved, type Registered, withCompanion } from "../../../components/fargate/companion.ts";
import type { HttpProbe, Probe } from "../../../components/probe/spec.ts";
import { firstProblem } from "../../../components/probe/together.ts";
import { fargateRunner } from "../../../components/steps/fargate-runner.ts";
import { FargateApi } from "../../doubles/fargate-api.ts";

const url = (server: string) => `postgresql://app:the-password@${server}:5432/orders`;
const reference = (name: string) => `arn:aws:secretsmanager:x:1:secret:web:${name}::v1`;
const product: Registered = {
  workload: "web",
  size: { cpu: 1024, memoryMb: 2048 },
  volumes: ["v-tmp"],
  containers: [
    {
      name: "web",
      image: "app@sha256:0",
      essential: true,
      environment: [{ name: "DB_HOST", value: "blue.rds" }],
      secrets: ["DATABASE_URL", "API_KEY"].map((name) => ({ name, valueFrom: reference(name) })),
      portMappings: [{ containerPort: 8000 }],
      dependsOn: [
        { containerName: "prepare", condition: "SUCCESS" },
        { containerName: "redis", condition: "START" },
      ],
      mountPoints: [{ sourceVolume: "v-tmp", containerPath: "/tmp" }],
      dockerLabels: { "slipway.role": "workload" },
      healthCheck: { command: ["CMD", "alive"] },
    },
    { name: "redis", image: "haproxy@sha256:0", environment: [{ name: "SLIPWAY_HAPROXY", value: "the cache" }] },
    { name: "prepare", image: "curl@sha256:0", essential: false },
  ],
};
const moved: Moved = {
  from: "blue.rds",
  to: "blue-drill.rds",
  secrets: { [reference("DATABASE_URL")]: url("blue.rds"), [reference("API_KEY")]: "the-key" },
  redis: { image: "redis@sha256:0", password: "the-redis-password" },
};
const from = (key: string) => `own:${key}`;

describe("the product beside a step's command", () => {
  const own = {
    size: { cpu: 2048, memoryMb: 4096 },
    containers: [
      { name: "probe", dependsOn: [{ containerName: "prepare", condition: "SUCCESS" as const }] },
      { name: "prepare" },
    ],
    volumes: [{ name: "v-tmp" }],
  };
  const whole = withCompanion(own, "probe", companionOf(product, moved), from);
  const named = (name: string) => whole.containers.find((each) => each.name === name);

  test("is what the release registered, on the other database alone; the command waits until it is healthy", () => {
    expect(whole.size).toEqual({ cpu: 2048, memoryMb: 6144 });
    expect(whole.volumes).toEqual([{ name: "v-tmp" }, { name: "product-v-tmp" }]);
    expect(named("probe")?.dependsOn).toEqual([
      { containerName: "prepare", condition: "SUCCESS" },
      { containerName: "product-web", condition: "HEALTHY" },
    ]);
    expect(named("product-web")).toEqual({
      ...product.containers[0],
      name: "product-web",
      environment: [{ name: "DB_HOST", value: "blue-drill.rds" }],
      secrets: [
        { name: "DATABASE_URL", valueFrom: "own:product_DATABASE_URL" },
        { name: "API_KEY", valueFrom: reference("API_KEY") },
      ],
      portMappings: [],
      dependsOn: [
        { containerName: "product-prepare", condition: "SUCCESS" },
        { containerName: "product-redis", condition: "START" },
      ],
      mountPoints: [{ sourceVolume: "product-v-tmp", containerPath: "/tmp" }],
      dockerLabels: {},
    });
    expect(new Set(whole.containers.map(({ name }) => name)).size).toBe(whole.containers.length);
  });

  test("finds an empty Redis where it looks for one, and no way to the one that serves", () => {
    expect(named("product-redis")).toMatchObject({
      image: "redis@sha256:0",
      environment: [],
      secrets: [{ name: "SLIPWAY_REDIS", valueFrom: "own:product_SLIPWAY_REDIS" }],
    });
    expect(JSON.stringify(whole)).not.toContain("the cache");
    expect(() => companionOf(product, { ...moved, redis: undefined })).toThrow("`npm start` does");
  });

  test("has its own values in the step's secret: what names the server, moved; the rest stays where it is", () => {
    expect(companionOf(product, moved).values).toEqual({
      product_DATABASE_URL: url("blue-drill.rds"),
      product_SLIPWAY_REDIS: "the-redis-password",
    });
  });

  test("is not started with a secret that nobody knows: it might name the server that serves", () => {
    expect(() => companionOf(product, { ...moved, secrets: {} })).toThrow("what DATABASE_URL of web reads is another");
  });
});

const probe = (name: string, more: Partial<HttpProbe> = {}): HttpProbe => ({
  ...{ name, via: "network", method: "GET", path: `/${name}`, expect: { status: 200, json: { ok: true } } },
  ...more,
});
const probes: readonly Probe[] = [
  probe("last", { cleanup: true }),
  probe("first"),
  probe("second", { expect: { status: 201 }, bearer: "token" }),
  probe("by the balancer", { via: "edge" }),
  probe("waits for a worker", { withinSeconds: 30 }),
  {
    ...{ kind: "command", name: "suite", via: "network", workload: "web" },
    ...{ argv: ["sh", "-c", 'test "$DB" = blue-drill.rds && echo {host}:{port}'], timeoutSeconds: 10 },
  },
];

test("asked are those that need neither balancer nor worker, what cleans up last", () => {
  const { http, commands, left } = askable(probes);
  expect(http.map(({ name }) => name)).toEqual(["first", "second", "last"]);
  expect(commands.map(({ name }) => name)).toEqual(["suite"]);
  expect(left).toEqual(["by the balancer", "waits for a worker"]);
});

describe("several answers of one command", () => {
  const two = [probe("first"), probe("second", { expect: { status: 201 } })];
  const said = (first: string, second: string) => `${first}\nslipway-next-answer\n${second}\nslipway-next-answer\n`;
  test.each([
    [said('{"ok":true}\n200', "\n201"), undefined],
    [said('{"ok":false}\n200', "\n201"), 'probe "first" (GET /first): wanted JSON with {"ok":true}'],
    [said('{"ok":true}\n200', "gone\n500"), 'probe "second" (GET /second): wanted status 201, got 500 gone'],
    [
      said('{"ok":true}\n200', "curl: (7) refused\n\n000"),
      'probe "second" (GET /second): no answer: curl: (7) refused',
    ],
    ['{"ok":true}\n200\nslipway-next-answer\n', "no answer: curl said nothing"],
    ["", 'probe "first" (GET /first): no answer: curl said nothing'],
  ])("%j is judged each by its probe", (output, problem) => {
    if (problem === undefined) expect(firstProblem(two, output)).toBeUndefined();
    else expect(firstProblem(two, output)).toContain(problem);
  });
});

describe("the product on a restored database, on a double of AWS' APIs, where each command really runs and the product does not", () => {
  const host = fargateAddress({
    ...{ region: "eu-central-1", cluster: "slipway-blue", subnets: ["subnet-a"], group: "sg-tasks", database: "blue" },
    ...{ role: "arn:aws:iam::1:role/tasks", logs: "/slipway/blue/tasks", helper: "curl@sha256:1" },
  });
  let api: FargateApi;
  afterEach(async () => {
    vi.unstubAllEnvs();
    await api.stop();
  });
  const proved = async (all: readonly Probe[]) => {
    api = await FargateApi.start();
    for (const [name, value] of Object.entries(api.variables)) vi.stubEnv(name, value);
    const command = {
      image: "app@sha256:0",
      user: "1000:1000",
      env: { DB: "blue-drill.rds" },
      mounts: [],
      networks: [],
    };
    return proveProduct({
      ...{ place: { stack: "blue", system: "orders" }, probes: all, tokens: { token: "the-token" } },
      asked: { workload: "web", port: 1 },
      probeImage: "curl@sha256:1",
      commands: { web: { ...command, memoryMb: 512, port: 8000 } },
      runnerOf: async () => fargateRunner(host, 5, companionOf(product, moved)),
    });
  };

  test("is in the task of every command; no definition shows a secret, none is left", async () => {
    const suite = probes.filter(({ kind }) => kind === "command");
    expect(await proved(suite)).toEqual({ proved: ["suite"], left: [] });
    const [registered] = api.of("RegisterTaskDefinition");
    expect(registered?.["containerDefinitions"]).toMatchObject([
      { name: "probe-command", dependsOn: [{ containerName: "prepare" }, { containerName: "product-web" }] },
      { name: "prepare" },
      { name: "product-web" },
      { name: "product-redis" },
      { name: "product-prepare" },
    ]);
    const shown = JSON.stringify([...api.of("RegisterTaskDefinition"), ...api.of("RunTask")]);
    for (const secret of ["the-password", "the-redis-password", "the-token"]) expect(shown).not.toContain(secret);
    expect(api.secrets).toEqual([]);
  });

  test("that answers nobody fails with the first probe, and all of http cost one task", async () => {
    await expect(proved(probes)).rejects.toThrow('probe "first" (GET /first): no answer');
    expect(api.of("RunTask")).toHaveLength(1);
  });
});
