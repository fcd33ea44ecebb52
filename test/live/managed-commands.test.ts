/**
 * `npm run status` and `npm run drill` of a stack whose parts AWS runs, as whole commands. moto stands for RDS, ECS' services, ElastiCache and
 * CloudWatch; a double for ECS' tasks, whose containers really run, on Docker: the restored server is a real PostgreSQL under the name that moto gives it,
 * and the product really starts on it. That AWS answers so is not shown.
 */
import { ECS } from "@aws-sdk/client-ecs";
import { RDS } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { drillServer } from "../../components/backup/rds-drill.ts";
import certificateStep from "../../components/certificate/certificate.step.ts";
import { labelsFor } from "../../components/container/spec.ts";
import { databaseUrl } from "../../components/database/spec.ts";
import { postgresNames, trustMount } from "../../components/postgres/spec.ts";
import { fargateDeployments } from "../../components/steps/fargate-deployments.ts";
import { rdsSnapshots } from "../../components/steps/rds-snapshots.ts";
import { withSession } from "../../components/steps/session.ts";
import { resolveApplication, resolvePart } from "../../infra/images/resolve.ts";
import { dockerTasks } from "../doubles/docker-tasks.ts";
import { FargateApi } from "../doubles/fargate-api.ts";
import { account, region } from "../fixtures/aws.ts";
import { ordersOnAws } from "../fixtures/managed.ts";
import { engine, runner } from "./support/host.ts";
import { ManagedStack } from "./support/managed-stack.ts";
import { Moto } from "./support/moto.ts";
import { TestPostgres } from "./support/postgres.ts";

/** As the mocks generate each of them. */
const password = "a-generated-password";
const redisSaid = `import socket
redis = socket.create_connection(("127.0.0.1", 6379), 5)
redis.sendall(b"AUTH ${password}\\r\\nDBSIZE\\r\\n")
said = b""
while said.count(b"\\r\\n") < 2:
    said += redis.recv(99)
assert said == b"+OK\\r\\n:0\\r\\n", said`;

let moto: Moto;
let api: FargateApi;
let managed: ManagedStack;
let rds: RDS;
let cluster: string;
const postgres = new TestPostgres();
Object.assign(postgres.passwords, { owner: password, app: password });

beforeAll(async () => {
  // Its word that each service's deployment is complete.
  vi.stubEnv("MOTO_ECS_SERVICE_RUNNING", "1");
  [moto, managed] = await Promise.all([Moto.start(), stackWithRedis()]);
  const { name } = managed.stack;
  cluster = `slipway-${name}`;
  const address = `${drillServer(name)}.aaaaaaaaaa.${region}.rds.amazonaws.com`;
  const app = await database(address);
  const [curl, redis] = await Promise.all([
    resolvePart(engine, "curl", "debian"),
    resolvePart(engine, "redis", "debian"),
  ]);
  const images = {
    [`${account}.dkr.ecr.${region}.amazonaws.com/slipway/production`]: app,
    "docker.io/library/postgres": postgres.image,
    "docker.io/library/curl": curl.id,
    "docker.io/library/redis": redis.id,
  };
  const { volume: trust } = trustMount(postgres.place);
  api = await FargateApi.start(moto.url(), dockerTasks({ engine, network: postgres.network, images, trust }));
  managed.stack.variables = { ...moto.everything, ...api.own };
  for (const [key, value] of Object.entries(managed.stack.variables)) vi.stubEnv(key, value);
  await services();
  rds = new RDS({ region });
  await rds.createDBInstance({
    ...{ DBInstanceIdentifier: cluster, DBInstanceClass: "db.t4g.small", Engine: "postgres", EngineVersion: "17.4" },
    ...{ AllocatedStorage: 20, MasterUsername: "slipway", MasterUserPassword: password },
  });
  await rdsSnapshots(region, cluster).create(`${cluster}-point`, {});
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await managed?.remove();
  await api?.stop();
  await moto?.stop();
  await postgres.remove();
});

/** Orders with a Redis that it does not need, and a probe that tries it. */
function stackWithRedis(): Promise<ManagedStack> {
  const { probes } = ordersOnAws().system;
  const redis = {
    kind: "command",
    name: "Redis is an empty one",
    via: "network",
    workload: "web",
    timeoutSeconds: 10,
  } as const;
  return ManagedStack.make(
    { redis: { enabled: true }, probes: [...probes, { ...redis, argv: ["python", "-c", redisSaid] }] },
    {
      url: "https://orders.acme.dev",
      image: { name: "acme/orders:1", commit: "0a1b2c3" },
      drillRedis: "docker.io/library/redis@sha256:0",
    },
  );
}

/** The database as the snapshot has it, by the name that its server gets. Answers the product's image. */
async function database(address: string): Promise<string> {
  await postgres.start();
  await postgres.answers();
  const names = [...postgresNames, address];
  const { certificate: ca, key: caKey } = postgres.authority ?? { certificate: "", key: "" };
  postgres.certificate = await certificateStep.reconcile({ names, days: 397, ca, caKey });
  await postgres.write(postgres.secretFiles());
  await postgres.roles();
  const network = engine.getNetwork(postgres.network);
  await network.disconnect({ Container: postgres.id });
  await network.connect({ Container: postgres.id, EndpointConfig: { Aliases: ["postgres", address] } });
  const source = { build: { context: "test/workloads/orders", dockerfile: "Dockerfile" } };
  const { id: image } = await resolveApplication(engine, "orders", source, "debian");
  const { schema } = managed.system;
  const trust = trustMount(postgres.place);
  const own = { kind: "postgres" as const, name: "orders", image, network: postgres.network, trust, host: address };
  const env = { [schema.variable]: databaseUrl(schema.url, own, { PGPASSWORD: password }, "live") };
  const request = {
    image,
    user: "1000:1000",
    env,
    mounts: [trust],
    network: [{ name: postgres.network, aliases: [] }],
    memoryMb: 256,
  };
  await withSession(runner, postgres.place, "migrating", request, ({ must }) =>
    must("migrating", { argv: schema.upgrade, workingDir: "/app", env: schema.env }),
  );
  await postgres.root("INSERT INTO orders (key, item, quantity) VALUES ('a', 'b', 1), ('c', 'd', 2)", "orders");
  return image;
}

/** What Pulumi would have made of ECS: definition and service, and what the smoke test noted. */
async function services(): Promise<void> {
  const ecs = new ECS({ region, endpoint: moto.url() });
  await ecs.createCluster({ clusterName: cluster });
  const place = { stack: managed.stack.name, system: "orders" };
  const { releases, host } = managed.inputs("Rollout", "rollout") as { releases: Record<string, string>; host: string };
  for (const name of ["web", "worker"]) {
    const { containerDefinitions, volumes, cpu, memory, family } = managed.inputs("TaskDefinition", name);
    const { taskDefinition } = await ecs.registerTaskDefinition({
      ...{ family: String(family), cpu: String(cpu), memory: String(memory), volumes: volumes as { name: string }[] },
      containerDefinitions: JSON.parse(String(containerDefinitions)),
    });
    await ecs.createService({
      ...{ cluster, serviceName: name, taskDefinition: taskDefinition?.taskDefinitionArn ?? "", desiredCount: 1 },
      tags: Object.entries(labelsFor(place, name, "workload")).map(([key, value]) => ({ key, value })),
    });
    const note = { release: releases[name], image: "app@sha256:0", revision: "0002_note", reads: [] };
    await fargateDeployments(host, 0).note(name, JSON.stringify({ ...note, since: new Date().toISOString() }));
  }
}

const servers = async () =>
  ((await rds.describeDBInstances({})).DBInstances ?? []).map(({ DBInstanceIdentifier: name }) => name);

describe("npm run status", () => {
  it("tells what serves, each thing that is missing, and exits with 1", async () => {
    const run = await managed.stack.slipway("status", "--json");
    expect(run.code, run.output).toBe(1);
    const told = JSON.parse(run.stdout);
    expect(told).toMatchObject({
      ...{ stack: managed.stack.name, system: "orders", url: "https://orders.acme.dev", healthy: false },
      release: { schemaRevision: "0002_note", imageName: "acme/orders:1", proved: true },
      backup: { last: { name: `${cluster}-point` } },
      rollout: { deviation: null },
    });
    // moto starts no task for a service, and no cache and no alarm was made there.
    const problems = told.problems.map(({ part }: { part: string }) => part);
    expect(problems).toEqual(["web", "worker", "redis"]);
    expect(told.unanswered.map(({ part }: { part: string }) => part)).toEqual(["alarms"]);
    expect(run.output).not.toContain(password);
  });
});

describe("npm run drill", () => {
  it("restores the newest snapshot, counts its rows, starts the product on it, and removes the server alone", async () => {
    const before = await servers();
    const run = await managed.stack.slipway("drill", "--json");
    expect(run.code, run.output).toBe(0);
    expect(JSON.parse(run.stdout)).toMatchObject({
      ...{ ok: true, stack: managed.stack.name, snapshot: `${cluster}-point`, revision: "0002_note" },
      rows: { "public.orders": 2, "public.alembic_version": 1 },
      product: {
        proved: ["healthy inside the network", "Redis is an empty one"],
        left: ["healthy through the edge", "takes an order", "removes it"],
      },
    });
    expect(run.output).not.toContain(password);
    expect(await servers()).toEqual(before);
    expect(api.secrets).toEqual([]);
  });

  it("fails in the product's own words when it does not start on it, and removes the server all the same", async () => {
    const before = await servers();
    await postgres.root("ALTER ROLE orders_app NOLOGIN");
    const run = await managed.stack.slipway("drill");
    await postgres.root("ALTER ROLE orders_app LOGIN");
    expect(run.code).toBe(1);
    expect(run.output).toContain("the drill failed:");
    expect(run.output).toContain("product-web");
    expect(run.output).toContain('role "orders_app" is not permitted to log in');
    expect(run.output).not.toContain(password);
    expect(await servers()).toEqual(before);
  });
});
