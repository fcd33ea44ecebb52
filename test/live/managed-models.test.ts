/**
 * What the program wants of RDS, ElastiCache, ECS, the load balancers and the network, against the models that AWS publishes: every property a member that there is, of
 * its type, within its range and its list of what is allowed. Between Pulumi's names and the API's stands test/fixtures/aws-requests.ts, not the provider.
 * Not shown: what no model tells (whether a region rents a class or has a version of an engine, what PostgreSQL's parameters take, what fits to what).
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { sizes } from "../../components/machine/tiers.ts";
import { rdsSizes } from "../../components/postgres/rds-spec.ts";
import { cacheNodes } from "../../components/redis/elasticache-spec.ts";
import type { Registered } from "../doubles/mock-engine.ts";
import { type Requested, requestsOf, unwritten } from "../fixtures/aws-requests.ts";
import { managedNames, managedOf, managedSettings, ordersOnAws } from "../fixtures/managed.ts";
import { againstModels, type Named } from "./support/aws-models.ts";
import { Moto } from "./support/moto.ts";

let moto: Moto;
beforeAll(async () => {
  moto = await Moto.start();
});
afterAll(() => moto?.stop());

const planOf = (name: string): Promise<readonly Registered[]> => {
  const { settings, system } =
    name === "orders" ? ordersOnAws() : { settings: managedSettings(name), system: undefined };
  return managedOf(settings, system);
};

describe.each([...managedNames, "orders"])("%s", (name) => {
  let plan: readonly Registered[];
  let requests: readonly Requested[];
  beforeAll(async () => {
    plan = await planOf(name);
    requests = requestsOf(plan);
  });

  it("asks these services for nothing that is not written down", () => {
    expect(unwritten(plan)).toEqual([]);
    const asked = new Set(requests.map(({ operation }) => operation));
    for (const each of [
      "CreateDBInstance",
      "CreateService",
      "RegisterTaskDefinition",
      "CreateLoadBalancer",
      "CreateTargetGroup",
    ])
      expect(asked).toContain(each);
  });

  it("asks for members that there are, with values that are allowed", async () => {
    expect(await againstModels(moto, requests)).toEqual([]);
  });
});

describe("names that the models' own words list", () => {
  const code = (service: string, at: string, values: readonly unknown[]): readonly Named[] =>
    [...new Set(values)].map((value) => ({ service, at, value: String(value) }));

  it("are those of attributes, kinds of logs, storage and machines", async () => {
    const requests: Requested[] = [];
    // One after the other: Pulumi's mocks are the process'.
    for (const name of [...managedNames, "orders"]) requests.push(...requestsOf(await planOf(name)));
    const bodies = (operation: string) =>
      requests.filter((each) => each.operation === operation).map(({ body }) => body);
    const keys = (operation: string) =>
      bodies(operation).flatMap(({ Attributes }) => (Attributes as { Key: string }[]).map(({ Key }) => Key));
    const types = [...Object.values(rdsSizes).map((each) => each.instanceClass), ...Object.values(cacheNodes)];
    const named = [
      ...code("elbv2", "LoadBalancerAttribute.Key", keys("ModifyLoadBalancerAttributes")),
      ...code("elbv2", "TargetGroupAttribute.Key", keys("ModifyTargetGroupAttributes")),
      ...code("elbv2", "ListenerAttribute.Key", keys("ModifyListenerAttributes")),
      ...bodies("CreateDBInstance").flatMap(({ EnableCloudwatchLogsExports: logs, StorageType, Engine }) => [
        ...code("rds", "CreateDBInstanceMessage.EnableCloudwatchLogsExports", logs as string[]),
        ...code("rds", "CreateDBInstanceMessage.StorageType", [StorageType]),
        ...code("rds", "CreateDBInstanceMessage.Engine", [Engine]),
      ]),
      ...code(
        "ec2",
        "InstanceType",
        types.map((each) => each.replace(/^(db|cache)\./, "")),
      ),
      ...code(
        "ec2",
        "InstanceType",
        Object.values(sizes).map((each) => each.instanceType),
      ),
    ];
    expect(named.length).toBeGreaterThan(20);
    expect(await againstModels(moto, [], named)).toEqual([]);
  });
});

describe("what is wrong is told", () => {
  const server: Requested = {
    ...{ of: "a server", service: "rds", operation: "CreateDBInstance" },
    body: { DBInstanceIdentifier: "x", DBInstanceClass: "db.t4g.small", Engine: "postgres" },
  };
  const group: Requested = {
    ...{ of: "a group", service: "elbv2", operation: "CreateTargetGroup" },
    body: { Name: "x", Protocol: "HTTP", Port: 8000, TargetType: "ip" },
  };
  const broken = (of: Requested, more: Readonly<Record<string, unknown>>) => ({ ...of, body: { ...of.body, ...more } });

  it.each([
    ["a member that there is none of", broken(server, { Multi: true }), "Unknown parameter"],
    ["another type", broken(server, { MultiAZ: "yes" }), "Invalid type for parameter MultiAZ"],
    ["a missing one", { ...server, body: { Engine: "postgres" } }, "Missing required parameter"],
    [
      "a word that is none of the list",
      broken(group, { TargetType: "address" }),
      "address is none of instance, ip, lambda, alb",
    ],
    ["a number beyond its range", broken(group, { Port: 70_000 }), "70000 is not from 1 to 65535"],
  ])("%s", async (_, request, words) => {
    expect(await againstModels(moto, [server, group])).toEqual([]);
    const [said] = await againstModels(moto, [request]);
    expect(said).toContain(words);
  });

  it("a name that no word lists", async () => {
    const at = "LoadBalancerAttribute.Key";
    const [said] = await againstModels(moto, [], [{ service: "elbv2", at, value: "idle_timeout" }]);
    expect(said).toBe(`elbv2 ${at} names no idle_timeout`);
  });

  it("a property that nothing says where to", async () => {
    const [server] = (await planOf("tria")).filter(({ type }) => type === "aws:rds/instance:Instance");
    if (server === undefined) throw new Error("no server");
    const [said] = await againstModels(
      moto,
      requestsOf([{ ...server, inputs: { ...server.inputs, storageTypes: "gp3" } }]),
    );
    expect(said).toContain('Unknown parameter in input: "StorageTypes"');
  });
});
