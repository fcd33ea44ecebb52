/**
 * Steps where AWS runs the parts, against moto, which stands for AWS' ECS and RDS and says so; and every request of the tasks' runner against the
 * models that AWS publishes. That AWS itself takes them is not shown.
 */
import { randomBytes } from "node:crypto";
import { ECS } from "@aws-sdk/client-ecs";
import { RDS } from "@aws-sdk/client-rds";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { takeSnapshot } from "../../components/backup/snapshot.ts";
import { label, labelsFor } from "../../components/container/spec.ts";
import { fargateAddress } from "../../components/fargate/address.ts";
import { workloadLabels } from "../../components/rollout/cluster.ts";
import { fargateDeployments } from "../../components/steps/fargate-deployments.ts";
import { fargateRunner } from "../../components/steps/fargate-runner.ts";
import { rdsSnapshots } from "../../components/steps/rds-snapshots.ts";
import { reapSessions, withSession } from "../../components/steps/session.ts";
import { FargateApi } from "../doubles/fargate-api.ts";
import { Moto } from "./support/moto.ts";

const stack = `t${randomBytes(3).toString("hex")}`;
const place = { stack, system: "tria" };
const region = "us-east-1";
const cluster = `slipway-${stack}`;
const host = fargateAddress({
  region,
  cluster,
  subnets: ["subnet-0123456789abcdef0", "subnet-0123456789abcdef1"],
  group: "sg-0123456789abcdef0",
  role: "arn:aws:iam::123456789012:role/tasks",
  logs: `/slipway/${stack}/tasks`,
  database: cluster,
  helper: `curl@sha256:${"0".repeat(64)}`,
});

let moto: Moto;
beforeAll(async () => {
  // How many tasks of a service it says run.
  vi.stubEnv("MOTO_ECS_SERVICE_RUNNING", "2");
  moto = await Moto.start();
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await moto?.stop();
});

const led = (variables: Readonly<Record<string, string>>) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

describe("every request of a step's tasks", () => {
  it("has what the published models of ECS, Secrets Manager and CloudWatch Logs want", async () => {
    const api = await FargateApi.start();
    try {
      led(api.variables);
      const request = {
        image: "app@sha256:0",
        user: "1000:1000",
        env: { A: "1" },
        mounts: [{ volume: "trust", path: "/etc/slipway/trust", readOnly: true }],
        network: [],
        memoryMb: 512,
      };
      await withSession(fargateRunner(host, 5), place, "probe", request, async ({ run }) => {
        await run({ argv: ["true"], env: { B: "2" }, workingDir: "/app" });
        await run({ argv: ["true"] });
        await reapSessions(fargateRunner(host, 5), place);
        const server = fargateRunner(host, 5);
        const [log] = await server.list({ [label.stack]: stack, [label.part]: "postgres" });
        await server.logs(log?.id ?? "", 100);
      });
      const operations = new Set(api.asked.map(({ target }) => target.split(".").at(-1)));
      expect([...operations].sort()).toEqual([
        "CreateSecret",
        "DeleteSecret",
        "DeregisterTaskDefinition",
        "DescribeTasks",
        "FilterLogEvents",
        "GetLogEvents",
        "ListSecrets",
        "ListTasks",
        "PutSecretValue",
        "RegisterTaskDefinition",
        "RunTask",
      ]);
      expect(await moto.wrong(api.asked)).toEqual([]);
      const broken = { target: "AmazonEC2ContainerServiceV20141113.RunTask", body: { cluster: 1 } };
      expect(await moto.wrong([broken])).toHaveLength(1);
    } finally {
      await api.stop();
    }
  });
});

describe("services of ECS", () => {
  let ecs: ECS;
  beforeAll(async () => {
    led(moto.everything);
    ecs = new ECS({ region });
    await ecs.createCluster({ clusterName: cluster });
    for (const release of ["old", "new"]) await register(release);
    await ecs.createService({
      cluster,
      serviceName: "web",
      taskDefinition: `${cluster}-web:1`,
      desiredCount: 2,
      launchType: "FARGATE",
      tags: Object.entries(labelsFor(place, "web", "workload")).map(([key, value]) => ({ key, value })),
    });
  });

  const register = (release: string) =>
    ecs.registerTaskDefinition({
      family: `${cluster}-web`,
      containerDefinitions: [
        { name: "web", image: "app@sha256:0", memory: 512, dockerLabels: { [label.release]: release } },
      ],
    });

  const web = async () => (await fargateDeployments(host, 0).list(workloadLabels(place)))[0];

  it("are found by their labels, with every release that there is", async () => {
    expect(await web()).toMatchObject({
      name: "web",
      release: "old",
      pods: { wanted: 2 },
      sets: [
        { name: `${cluster}-web:1`, release: "old" },
        { name: `${cluster}-web:2`, release: "new" },
      ],
    });
    expect(await fargateDeployments(host, 0).list({ [label.stack]: "another" })).toEqual([]);
  });

  it("are set to another release, and back", async () => {
    await fargateDeployments(host, 0).setBack("web", `${cluster}-web:2`);
    expect((await web())?.release).toBe("new");
    await fargateDeployments(host, 0).setBack("web", `${cluster}-web:1`);
    expect((await web())?.release).toBe("old");
  });

  it("keep a note of any length; the next one takes its place whole", async () => {
    const deployments = fargateDeployments(host, 0);
    const long = JSON.stringify({ release: "old", image: "x".repeat(600) });
    await deployments.note("web", long);
    expect((await web())?.served).toBe(long);
    await deployments.note("web", '{"release":"new"}');
    expect((await web())?.served).toBe('{"release":"new"}');
  });
});

describe("snapshots of RDS", () => {
  it("are taken, waited for and pruned; of another's none goes", async () => {
    led(moto.everything);
    const server = `slipway-${stack}`;
    const rds = new RDS({ region });
    await rds.createDBInstance({
      DBInstanceIdentifier: server,
      DBInstanceClass: "db.t4g.small",
      Engine: "postgres",
      AllocatedStorage: 20,
      MasterUsername: "slipway",
      MasterUserPassword: "a-password-0",
    });
    const snapshots = rdsSnapshots(region, server);
    await snapshots.create("by-hand", {});
    for (const at of ["1", "2", "3"]) await snapshots.create(`${server}-2020010${at}`, { "slipway:stack": stack });
    const taken = await takeSnapshot(snapshots, { place, image: "app@sha256:0", target: "0002", keep: 3 }, 5);
    expect(taken.kilobytes).toBe(20 * 1024 * 1024);
    expect((await snapshots.list()).map(({ id }) => id).sort()).toEqual(
      ["by-hand", `${server}-20200102`, `${server}-20200103`, taken.set].sort(),
    );
    await snapshots.remove("by-hand");
    await snapshots.remove("by-hand");
  });
});
