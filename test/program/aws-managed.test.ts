import { beforeAll, describe, expect, test } from "vitest";
import { AwsGround } from "../../infra/platforms/aws/ground.ts";
import { providerOf } from "../../infra/platforms/aws/provider.ts";
import type { Promotion } from "../../infra/release/promotion.ts";
import type { Registered } from "../doubles/mock-engine.ts";
import { copiesKey, registerAws } from "../fixtures/aws.ts";
import { managedNames, managedOf, managedSettings, ordersOnAws } from "../fixtures/managed.ts";
import { managedProperties, webProperties } from "../fixtures/managed-properties.ts";

/** All inputs by type and name, sorted: in which order independent resources are registered is nobody's promise. */
function inputsOf(plan: readonly Registered[]) {
  return Object.fromEntries(
    plan
      .filter(({ type }) => /^(aws:|pulumi:providers|pulumi-nodejs:dynamic)/.test(type))
      .map(
        ({ type, name, inputs, protect }) => [`${type}::${name}`, { ...(protect && { protect }), ...inputs }] as const,
      )
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

const find = (plan: readonly Registered[], type: string) => plan.find((each) => each.type.endsWith(`:${type}`));

describe.each([...managedNames, "orders"])("%s on AWS' own parts", (name) => {
  let plan: readonly Registered[];
  beforeAll(async () => {
    const { settings, system } =
      name === "orders" ? ordersOnAws() : { settings: managedSettings(name), system: undefined };
    plan = await managedOf(settings, system);
  });

  test("every input of it", async () => {
    await expect(JSON.stringify(inputsOf(plan), undefined, 2)).toMatchFileSnapshot(`../fixtures/managed.${name}.txt`);
  });

  const properties = name === "tria" ? [...managedProperties, ...webProperties] : managedProperties;
  test.each(properties.map((each) => [each.name, each] as const))(
    "%s, and without it this test fails",
    async (_, property) => {
      expect(property.holds(plan)).toBe(true);
      expect(property.holds(property.weaken(plan))).toBe(false);
    },
  );

  test("no secret is in clear", () => {
    const known = ["a-generated-password", "sk-proj-0123456789abcdefABCDEF", copiesKey];
    for (const { inputs, secrets, name: own } of plan)
      for (const [key, value] of Object.entries(inputs))
        if (known.some((each) => JSON.stringify(value).includes(each)))
          expect([own, secrets]).toEqual([own, expect.arrayContaining([key])]);
  });

  test("the release comes in its order: roles, snapshot, rehearsal, migration, services, rollout, proof", () => {
    const follows = (type: string, on: string) => {
      const wanted = plan.filter((each) => each.type.endsWith(on)).map(({ urn }) => urn);
      return plan
        .filter((each) => each.type.endsWith(type))
        .every(({ dependencies }) => wanted.some((urn) => dependencies.includes(urn)));
    };
    expect(follows(":BackupPoint", ":PostgresRoles")).toBe(true);
    expect(follows(":Migration", ":BackupPoint")).toBe(true);
    expect(follows(":LiveMigration", ":Migration")).toBe(true);
    expect(follows("ecs/service:Service", ":LiveMigration")).toBe(true);
    expect(follows(":Rollout", "ecs/service:Service")).toBe(true);
    expect(follows(":SmokeTest", ":Rollout")).toBe(true);
  });
});

test("AIDIS' raw TCP: within the network, or with TLS for the networks of its allow-list alone", async () => {
  const inside = await managedOf(managedSettings("aidis"));
  expect(find(inside, "LoadBalancer")?.inputs).toMatchObject({ loadBalancerType: "network", internal: true });
  const tcp = { public: true, allow: ["203.0.113.0/24"] };
  const open = await managedOf(managedSettings("aidis", {}, { tcp }));
  expect(find(open, "LoadBalancer")?.inputs).toMatchObject({ internal: false });
  expect(find(open, "Listener")?.inputs).toMatchObject({ port: 3001, protocol: "TLS" });
  const from = open
    .filter(({ name }) => name.startsWith("balancer-3001-from-"))
    .map(({ inputs }) => inputs["cidrIpv4"]);
  expect(from).toEqual(["203.0.113.0/24"]);
});

test("a changed password of the app: the other login, and the former one retired after the proof", async () => {
  const plan = await managedOf(managedSettings("tria", {}, { secrets: { rotate: { postgres: 1 } } }));
  const proof = find(plan, "SmokeTest");
  const retired = find(plan, "RetiredLogin");
  expect(retired?.dependencies).toContain(proof?.urn);
  expect(retired?.secrets).toContain("masterPassword");
  expect(retired?.inputs["sql"]).toContain('ALTER ROLE "tria_aibpo_app" NOLOGIN PASSWORD NULL;');
  expect(JSON.stringify(find(plan, "SecretVersion")?.inputs)).toContain("tria_aibpo_app_b");
});

test("a worker: its check in the task before it, no balancer and no name; one that must be alone goes first", async () => {
  const { settings, system } = ordersOnAws();
  const plan = await managedOf(settings, system);
  const service = (name: string) => plan.find((each) => each.type === "aws:ecs/service:Service" && each.name === name);
  const workers = system.workloads.filter(({ duty }) => duty.kind === "worker");
  expect(workers.length).toBeGreaterThan(0);
  for (const { name, duty } of workers) {
    expect(service(name)?.inputs["loadBalancers"]).toBeUndefined();
    expect(service(name)?.inputs["serviceRegistries"]).toBeUndefined();
    const single = duty.kind === "worker" && duty.single;
    expect(service(name)?.inputs["deploymentMaximumPercent"]).toBe(single ? 100 : 200);
    const task = plan.find((each) => each.type === "aws:ecs/taskDefinition:TaskDefinition" && each.name === name);
    const names = JSON.parse(String(task?.inputs["containerDefinitions"])).map((each: { name: string }) => each.name);
    expect(names.includes("check")).toBe(duty.kind === "worker" && duty.check.length > 0);
  }
});

test("staging ends with its proof: by the image's name, of the release that the smoke test proved", async () => {
  const plan = await managedOf({ ...managedSettings("tria"), environment: "staging", stack: "staging" });
  const proof = find(plan, "Proof");
  expect(proof?.dependencies).toContain(find(plan, "SmokeTest")?.urn);
  const image = find(plan, "BackupPoint")?.inputs["image"];
  expect(proof?.inputs["image"]).toMatchObject({ id: image });
  expect(String(image)).toMatch(/^\d+\.dkr\.ecr\.eu-central-1\.amazonaws\.com\/slipway\/production@sha256:/);
  expect(proof?.secrets).toEqual(expect.arrayContaining(["secrets", "privateKey"]));
  expect(find(plan, "ProofKey")?.protect).toBe(true);
  expect(find(await managedOf(managedSettings("tria")), "Proof")).toBeUndefined();
});

test("a promotion begins only when the stack's secrets are its own", async () => {
  const record = { stack: "staging", sharedSecrets: [] } as unknown as Promotion["record"];
  const secrets = { salt: "c2FsdA==", hashes: {} };
  const promotion = { content: "0", note: "", images: { app: "", parts: {} }, secrets, record };
  const plan = await managedOf(managedSettings("tria"), undefined, promotion);
  const apart = find(plan, "SecretsApart");
  expect(apart?.inputs["from"]).toBe("staging");
  expect(find(plan, "BackupPoint")?.dependencies).toContain(apart?.urn);
});

test("what it stands on: two repositories, protected, whose tags never change and whose images are scanned", async () => {
  const plan = await registerAws(() => {
    new AwsGround("production", providerOf("production", "tria", managedSettings("tria")));
  });
  const repositories = plan.filter(({ type }) => type.endsWith(":Repository"));
  expect(repositories.map(({ inputs }) => inputs["name"]).sort()).toEqual([
    "slipway/production",
    "slipway/production-parts",
  ]);
  for (const { inputs, protect } of repositories)
    expect([protect, inputs["imageTagMutability"], inputs["imageScanningConfiguration"]]).toEqual([
      true,
      "IMMUTABLE",
      { scanOnPush: true },
    ]);
});

test("a restore: another protected server from a moment of the one before, which stays; all that asks follows", async () => {
  const settings = managedSettings("tria", { restoreTime: "2026-01-01T10:00:00Z" }, { data: { generation: 1 } });
  const plan = await managedOf(settings);
  const servers = plan.filter(({ type }) => type.endsWith("rds/instance:Instance"));
  expect(servers.map(({ name, protect }) => [name, protect]).sort()).toEqual([
    ["postgres", true],
    ["postgres-g1", true],
  ]);
  const restored = servers.find(({ name }) => name === "postgres-g1");
  expect(restored?.inputs).toMatchObject({
    identifier: "slipway-production-g1",
    storageEncrypted: true,
    restoreToPointInTime: { sourceDbInstanceIdentifier: "slipway-production", restoreTime: "2026-01-01T10:00:00Z" },
  });
  expect(restored?.inputs["allocatedStorage"]).toBeUndefined();
  expect(restored?.ignoreChanges).toContain("restoreToPointInTime");
  expect(find(plan, "PostgresRoles")?.dependencies).toContain(restored?.urn);
  expect(String(find(plan, "Migration")?.inputs["host"])).toContain("database=slipway-production-g1");
  const gone = await managedOf({ ...settings, aws: { ...settings.aws, oldestServer: 1 } });
  expect(gone.filter(({ type }) => type.endsWith("rds/instance:Instance")).map(({ name }) => name)).toEqual([
    "postgres-g1",
  ]);
});

test("another size is another release; the same is the same", async () => {
  const release = async (more = {}) => {
    const plan = await managedOf(managedSettings("tria", {}, more));
    return find(plan, "Rollout")?.inputs["releases"];
  };
  expect(await release()).toEqual(await release());
  expect(await release({ resources: { memoryMb: 8192 } })).not.toEqual(await release());
});

test("outside production one zone serves, and one way out", async () => {
  const plan = await managedOf(managedSettings("tria", { multiAz: false }));
  expect(find(plan, "rds/instance:Instance")?.inputs["multiAz"]).toBe(false);
  expect(find(plan, "ReplicationGroup")?.inputs).toMatchObject({
    numCacheClusters: 1,
    automaticFailoverEnabled: false,
  });
  expect(plan.filter(({ type }) => type.endsWith(":NatGateway"))).toHaveLength(1);
});

test("a certificate that is there is used as it is; without a zone no name is made", async () => {
  const certificate = "arn:aws:acm:eu-central-1:123456789012:certificate/01234567-89ab-cdef-0123-456789abcdef";
  const plan = await managedOf(managedSettings("tria", { certificate, zone: undefined }));
  expect(plan.filter(({ type }) => /^aws:(acm|route53)/.test(type))).toEqual([]);
  const https = plan.find(({ name, type }) => type.endsWith(":Listener") && name.endsWith("-https"));
  expect(https?.inputs["certificateArn"]).toBe(certificate);
});

test("one provider, of the config's region, that leaves a rollout's notes alone", async () => {
  const plan = await managedOf(managedSettings("tria"));
  const providers = plan.filter(({ type }) => type === "pulumi:providers:aws").map(({ inputs }) => inputs);
  expect(providers).toHaveLength(1);
  expect(providers[0]?.["region"]).toBe("eu-central-1");
  expect(JSON.stringify(providers[0]?.["ignoreTags"])).toContain("slipway:served-");
});
