import { each } from "./aws.ts";
import { at, listAt, numberAt, type Planned, recordAt, textAt } from "./planned.ts";
import type { Found, Policy } from "./policy.ts";

const databases = ["002:651"];
const kept = ["002:45"];
const reached = ["002:652"];
const rdsMends = "components/postgres/rds.ts makes it so";
const taskMends = "components/fargate/task.ts makes it so";
const isBalancer = ({ type }: Planned) => type === "aws:lb/loadBalancer:LoadBalancer";

const unless = (is: boolean, where: string, found: unknown): readonly Found[] =>
  is ? [] : [{ at: where, is: String(found ?? "not set") }];

/** What the parameter group must say; a value that AWS gives by itself is not relied on. */
const parameters: Readonly<Record<string, string>> = {
  "rds.force_ssl": "1",
  "rds.accepted_password_auth_method": "scram",
  password_encryption: "scram-sha-256",
};

/** A variable of such a name holds what nobody is to read. */
const secretName = /PASSWORD|SECRET|TOKEN|_KEY$|DSN$|DATABASE_URL/;

/** Of a task definition, once it is known. */
function containersOf({ inputs }: Planned): readonly unknown[] {
  const text = textAt(inputs, "containerDefinitions");
  const read: unknown = text === undefined ? [] : JSON.parse(text);
  return Array.isArray(read) ? read : [];
}

function eachContainer(judge: (container: unknown) => readonly Found[]): (task: Planned) => readonly Found[] {
  return (task) =>
    containersOf(task).flatMap((container) =>
      judge(container).map((found) => ({ ...found, at: `${textAt(container, "name")}: ${found.at}` })),
    );
}

const instance = "rds/instance:Instance";
const cache = "elasticache/replicationGroup:ReplicationGroup";
const task = "ecs/taskDefinition:TaskDefinition";
const service = "ecs/service:Service";

/** Of stacks whose parts AWS runs (aws.shape managed). */
export const managedPolicies: readonly Policy[] = [
  each(
    { name: "aws-database-encrypted", allowed: "storageEncrypted: true", mend: rdsMends },
    databases,
    instance,
    ({ inputs }) => unless(at(inputs, "storageEncrypted") === true, "storageEncrypted", at(inputs, "storageEncrypted")),
  ),
  each(
    { name: "aws-database-private", allowed: "publiclyAccessible: false", mend: rdsMends },
    databases,
    instance,
    ({ inputs }) =>
      unless(at(inputs, "publiclyAccessible") === false, "publiclyAccessible", at(inputs, "publiclyAccessible")),
  ),
  each(
    {
      name: "aws-database-kept",
      allowed: "protect and deletionProtection true, and a last snapshot when it goes",
      mend: rdsMends,
    },
    kept,
    instance,
    ({ inputs, protect }) => [
      ...unless(protect, "protect", false),
      ...unless(at(inputs, "deletionProtection") === true, "deletionProtection", at(inputs, "deletionProtection")),
      ...unless(at(inputs, "skipFinalSnapshot") === false, "skipFinalSnapshot", at(inputs, "skipFinalSnapshot")),
    ],
  ),
  each(
    {
      name: "aws-database-backups",
      allowed: "backupRetentionPeriod of 1 to 35 days: any moment of them can be restored",
      mend: "pulumi config set --path slipway:backup.windowDays 30",
    },
    kept,
    instance,
    ({ inputs }) => {
      const days = numberAt(inputs, "backupRetentionPeriod") ?? 0;
      return unless(days >= 1, "backupRetentionPeriod", days);
    },
  ),
  each(
    {
      name: "aws-database-tls",
      allowed: "a parameter group that takes TLS and scram alone",
      mend: "components/postgres/rds-spec.ts makes it so",
    },
    databases,
    "rds/parameterGroup:ParameterGroup",
    ({ inputs }) => {
      const own = new Map(listAt(inputs, "parameters").map((one) => [textAt(one, "name"), textAt(one, "value")]));
      return Object.entries(parameters).flatMap(([name, value]) =>
        unless(own.get(name) === value, name, own.get(name)),
      );
    },
  ),
  each(
    {
      name: "aws-cache-encrypted",
      allowed: "TLS required, encrypted at rest, a password",
      mend: "components/redis/elasticache.ts makes it so",
    },
    databases,
    cache,
    ({ inputs }) => [
      ...unless(textAt(inputs, "transitEncryptionMode") === "required", "transitEncryptionMode", "laxer"),
      ...unless(at(inputs, "atRestEncryptionEnabled") === true, "atRestEncryptionEnabled", "not true"),
      ...unless(at(inputs, "authToken") !== undefined, "authToken", undefined),
    ],
  ),
  each(
    {
      name: "aws-listeners-tls",
      allowed: "HTTPS and TLS of 1.2 or newer; plain HTTP only leads there",
      mend: "components/balancer/aws.ts makes it so",
    },
    reached,
    "lb/listener:Listener",
    ({ inputs }) => {
      const protocol = textAt(inputs, "protocol") ?? "";
      if (["HTTPS", "TLS"].includes(protocol))
        return unless(/TLS13-1-[23]/.test(textAt(inputs, "sslPolicy") ?? ""), "sslPolicy", textAt(inputs, "sslPolicy"));
      const [action] = listAt(inputs, "defaultActions");
      return unless(protocol === "HTTP" && textAt(action, "type") === "redirect", "protocol", protocol);
    },
  ),
  each(
    {
      name: "aws-tasks-private",
      allowed: "assignPublicIp false, and no shell into a task",
      mend: "components/app/fargate-workload.ts makes it so",
    },
    reached,
    service,
    ({ inputs }) => [
      ...unless(at(inputs, "networkConfiguration", "assignPublicIp") === false, "assignPublicIp", "not false"),
      ...unless(at(inputs, "enableExecuteCommand") === false, "enableExecuteCommand", "not false"),
    ],
  ),
  each(
    {
      name: "aws-tasks-undone",
      allowed: "a circuit breaker that goes back",
      mend: "components/app/fargate-workload.ts makes it so",
    },
    kept,
    service,
    ({ inputs }) => {
      const breaker = recordAt(inputs, "deploymentCircuitBreaker");
      return unless(breaker["enable"] === true && breaker["rollback"] === true, "deploymentCircuitBreaker", "off");
    },
  ),
  each(
    {
      name: "aws-tasks-hardened",
      allowed: "a read-only root, no capability, not root where it stays",
      mend: taskMends,
    },
    ["002:295", "003:514"],
    task,
    eachContainer((container) => [
      ...unless(at(container, "readonlyRootFilesystem") === true, "readonlyRootFilesystem", "not true"),
      ...unless(
        listAt(container, "linuxParameters", "capabilities", "drop").includes("ALL"),
        "capabilities",
        "not dropped",
      ),
      ...unless(
        at(container, "essential") !== true || !/^(0|root|$)(:|$)/.test(textAt(container, "user") ?? ""),
        "user",
        textAt(container, "user"),
      ),
    ]),
  ),
  each(
    {
      name: "aws-secrets-by-reference",
      allowed: "secrets as valueFrom alone",
      mend: "components/app/fargate-workload.ts makes it so",
    },
    ["000:400", "003:240"],
    task,
    eachContainer((container) =>
      listAt(container, "environment").flatMap((one) => {
        const name = textAt(one, "name") ?? "";
        return unless(!secretName.test(name), name, "in clear");
      }),
    ),
  ),
  each(
    {
      name: "aws-tasks-without-role",
      allowed: "no taskRoleArn: the product has no right in the account",
      mend: taskMends,
    },
    reached,
    task,
    ({ inputs }) => unless(at(inputs, "taskRoleArn") === undefined, "taskRoleArn", "set"),
  ),
  {
    name: "aws-balancers-walled",
    level: "mandatory",
    guides: ["001:357"],
    allowed: "before each balancer of https a rate rule of WAF, where requests are limited at all",
    mend: "pulumi config set --path slipway:edge.limits.requestsPerMinute 3000",
    kind: "stack",
    judge: (plan) =>
      plan
        .filter((one) => isBalancer(one) && textAt(one.inputs, "loadBalancerType") === "application")
        .filter(
          ({ urn }) =>
            !plan.some(
              (one) =>
                one.type === "aws:wafv2/webAclAssociation:WebAclAssociation" &&
                (one.follows["resourceArn"] ?? []).includes(urn),
            ),
        )
        .map(({ urn }) => ({ at: "the balancer", is: "without a rate rule", urn })),
  },
];
