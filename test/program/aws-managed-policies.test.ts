import { beforeAll, describe, expect, test } from "vitest";
import { managedPolicies } from "../../policy/aws-managed.ts";
import type { Planned } from "../../policy/planned.ts";
import { managedNames, managedOf, managedSettings } from "../fixtures/managed.ts";
import { brokenBy } from "../fixtures/policies.ts";

type Weaker = (plan: readonly Planned[]) => readonly Planned[];

function changed(type: string, inputs: (own: Planned["inputs"]) => Planned["inputs"]): Weaker {
  return (plan) =>
    plan.map((each) =>
      each.type === `aws:${type}` ? { ...each, inputs: { ...each.inputs, ...inputs(each.inputs) } } : each,
    );
}

const instance = "rds/instance:Instance";
const service = "ecs/service:Service";
const task = "ecs/taskDefinition:TaskDefinition";

/** Every container of every task with other fields. */
const containers = (fields: Readonly<Record<string, unknown>>): Weaker =>
  changed(task, ({ containerDefinitions }) => ({
    containerDefinitions: JSON.stringify(
      JSON.parse(String(containerDefinitions)).map((each: object) => ({ ...each, ...fields })),
    ),
  }));

/** A plan with one thing taken from it breaks exactly one policy. */
const violations: Readonly<Record<string, Weaker>> = {
  "aws-database-encrypted": changed(instance, () => ({ storageEncrypted: false })),
  "aws-database-private": changed(instance, () => ({ publiclyAccessible: true })),
  "aws-database-kept": changed(instance, () => ({ deletionProtection: false })),
  "aws-database-backups": changed(instance, () => ({ backupRetentionPeriod: 0 })),
  "aws-database-tls": changed("rds/parameterGroup:ParameterGroup", () => ({ parameters: [] })),
  "aws-cache-encrypted": changed("elasticache/replicationGroup:ReplicationGroup", () => ({
    transitEncryptionMode: "preferred",
  })),
  "aws-listeners-tls": changed("lb/listener:Listener", () => ({ sslPolicy: "ELBSecurityPolicy-2016-08" })),
  "aws-tasks-private": changed(service, () => ({ networkConfiguration: { assignPublicIp: true } })),
  "aws-tasks-undone": changed(service, () => ({ deploymentCircuitBreaker: { enable: true, rollback: false } })),
  "aws-tasks-hardened": containers({ readonlyRootFilesystem: false }),
  "aws-secrets-by-reference": containers({ environment: [{ name: "REDIS_PASSWORD", value: "clear" }] }),
  "aws-tasks-without-role": changed(task, () => ({ taskRoleArn: "arn:aws:iam::1:role/admin" })),
  "aws-balancers-walled": (plan) => plan.filter(({ type }) => !type.endsWith(":WebAclAssociation")),
};

test.each(managedNames)("%s passes the whole pack", async (name) => {
  expect(brokenBy(await managedOf(managedSettings(name)))).toEqual([]);
});

describe("each policy of parts that AWS runs", () => {
  let plan: readonly Planned[];
  beforeAll(async () => {
    plan = await managedOf(managedSettings("tria"));
  });

  test.each(managedPolicies.map(({ name }) => name))("%s", (name) => {
    const weaker = violations[name];
    if (weaker === undefined) throw new Error(`no violating plan of ${name}`);
    expect(brokenBy(weaker(plan))).toEqual([name]);
  });
});
