import { beforeAll, describe, expect, test } from "vitest";
import { systemExposure } from "../../infra/platforms/docker/firewall.ts";
import { systemOf } from "../../infra/systems/index.ts";
import type { Registered } from "../doubles/mock-engine.ts";
import { awsSettings, copiesKey, copiesPassword, hostOf, region, systemNames } from "../fixtures/aws.ts";
import { properties } from "../fixtures/aws-properties.ts";

/** All inputs by type and name. */
function inputsOf(plan: readonly Registered[]) {
  return Object.fromEntries(
    plan
      .filter(({ type }) => type.startsWith("aws:") || type.startsWith("pulumi:providers"))
      .map(({ type, name, inputs, protect }) => [`${type}::${name}`, { ...(protect && { protect }), ...inputs }]),
  );
}

const ports = (plan: readonly Registered[]) =>
  plan
    .filter(({ type }) => type.endsWith(":SecurityGroupIngressRule"))
    .map(({ inputs }) => `${inputs["ipProtocol"]} ${inputs["fromPort"]} ${inputs["cidrIpv4"] ?? inputs["cidrIpv6"]}`)
    .sort();

describe.each(systemNames)("%s on AWS", (name) => {
  let plan: readonly Registered[];
  beforeAll(async () => {
    plan = await hostOf(awsSettings(name));
  });

  test("every input of its host", async () => {
    await expect(JSON.stringify(inputsOf(plan), undefined, 2)).toMatchFileSnapshot(`../fixtures/aws.${name}.txt`);
  });

  test.each(properties.map((each) => [each.name, each] as const))(
    "%s, and without it this test fails",
    async (_, property) => {
      expect(property.holds(plan)).toBe(true);
      expect(property.holds(property.weaken(plan))).toBe(false);
    },
  );

  test("opens what the host's own firewall opens, but ssh", async () => {
    const settings = awsSettings(name);
    const { open } = systemExposure(systemOf(settings), settings);
    const wanted = open
      .filter(({ reason }) => reason !== "ssh")
      .flatMap(({ port, protocol, sources }) => sources.map((source) => `${protocol} ${port} ${source}`));
    expect(ports(plan)).toEqual(wanted.sort());
  });
});

test("AIDIS' raw TCP is open to the networks of its allow-list alone", async () => {
  const tcp = { public: true, allow: ["203.0.113.0/24"] };
  expect(ports(await hostOf(awsSettings("aidis", {}, { tcp })))).toContain("tcp 3001 203.0.113.0/24");
});

test("no secret is in clear, nor in the text that the instance's first boot reads", async () => {
  const plan = await hostOf(awsSettings("tmws"));
  for (const { inputs, secrets, name } of plan)
    for (const [key, value] of Object.entries(inputs))
      if (JSON.stringify(value).includes(copiesKey) || JSON.stringify(value).includes(copiesPassword))
        expect([name, secrets]).toEqual([name, expect.arrayContaining([key])]);
  const machine = plan.find(({ type }) => type === "aws:ec2/instance:Instance");
  expect(machine?.secrets).toEqual([]);
});

test("a given VPC is used as it is: nothing of a network is made", async () => {
  const vpc = { id: "vpc-0123456789abcdef0", subnet: "subnet-0123456789abcdef0" };
  const plan = await hostOf(awsSettings("tmws", { vpc }));
  expect(
    plan
      .filter(({ type }) => /Vpc|Subnet|Gateway|Route(Table|$)/.test(type.split(":").at(-1) ?? ""))
      .map(({ type }) => type),
  ).toEqual(["slipway:aws:Vpc"]);
  expect(plan.find(({ type }) => type === "aws:ec2/instance:Instance")?.inputs["subnetId"]).toBe(vpc.subnet);
});

test("object lock by config: from the first object on, and nobody shortens it", async () => {
  const plan = await hostOf(awsSettings("tmws", { backup: { lockDays: 30 } }));
  expect(plan.find(({ type }) => type === "aws:s3/bucket:Bucket")?.inputs).toMatchObject({ objectLockEnabled: true });
  const lock = plan.find(({ type }) => type.endsWith(":BucketObjectLockConfiguration"));
  expect(lock?.inputs["rule"]).toEqual({ defaultRetention: { mode: "COMPLIANCE", days: 30 } });
});

test("no bucket, no zone: nothing of either", async () => {
  const plan = await hostOf(awsSettings("tmws", { backup: { bucket: false }, zone: undefined }));
  expect(plan.filter(({ type }) => /aws:(s3|route53|secretsmanager)/.test(type))).toEqual([]);
});

test("one provider, of the config's region", async () => {
  const plan = await hostOf(awsSettings("tmws"));
  const providers = plan.filter(({ type }) => type === "pulumi:providers:aws");
  expect(providers.map(({ inputs }) => inputs)).toMatchObject([{ region }]);
});
