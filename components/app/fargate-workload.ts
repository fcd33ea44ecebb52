import { createHash } from "node:crypto";
import { Service } from "@pulumi/aws/ecs/service.js";
import { TaskDefinition } from "@pulumi/aws/ecs/taskDefinition.js";
import { Secret } from "@pulumi/aws/secretsmanager/secret.js";
import { SecretVersion } from "@pulumi/aws/secretsmanager/secretVersion.js";
import { Service as Discovery } from "@pulumi/aws/servicediscovery/service.js";
import * as pulumi from "@pulumi/pulumi";
import { label, type Place } from "../container/spec.ts";
import type { FargateCluster } from "../ecs/aws.ts";
import { secretPrefix, stackName } from "../fargate/address.ts";
import { type Beside, type Task, taskOf } from "../fargate/task.ts";
import { canonical } from "../steps/step.ts";
import { deploymentOf, fargateHealth } from "./fargate.ts";
import { workerCheck } from "./pods.ts";
import type { ReleasePolicy } from "./policy.ts";
import { type Deployment, type Known, secretEnv, type Workload, workloadContainer } from "./spec.ts";

type Late = pulumi.Input<string>;

export interface FargateWorkloadArgs {
  readonly at: FargateCluster;
  readonly place: Place;
  readonly region: string;
  readonly subnets: readonly pulumi.Input<string>[];
  readonly group: pulumi.Input<string>;
  readonly helper: string;
  readonly workload: Workload;
  readonly ports: readonly number[];
  readonly deployment: Deployment;
  readonly policy: ReleasePolicy;
  readonly known: pulumi.Output<Known>;
  /** In place of what a plain variable says, by its value: where a store is. */
  readonly elsewhere: Readonly<Record<string, Late>>;
  readonly beside: readonly Beside<Late>[];
  /** Where a balancer finds it. */
  readonly targets: readonly { readonly arn: pulumi.Input<string>; readonly port: number }[];
  /** Alarms that undo its release. */
  readonly alarms: readonly pulumi.Input<string>[];
  readonly after: readonly pulumi.Resource[];
}

export interface FargateWorkload {
  readonly service: Service;
  /** Another one whenever anything of its tasks is another. */
  readonly release: pulumi.Output<string>;
  readonly definition: TaskDefinition;
}

/** One workload of a stack on Fargate: its secrets, its task, the name it is found by, the service that keeps it up. */
export function fargateWorkload(args: FargateWorkloadArgs, parent: pulumi.Resource): FargateWorkload {
  const { at, workload, place } = args;
  const { name, duty } = workload;
  const task = taskWith(args, secrets(args, parent));
  const release = releaseOf(task);
  const own = { parent };
  const definition = new TaskDefinition(
    name,
    {
      family: `${stackName(place.stack)}-${name}`,
      requiresCompatibilities: ["FARGATE"],
      networkMode: "awsvpc",
      runtimePlatform: { operatingSystemFamily: "LINUX", cpuArchitecture: "X86_64" },
      cpu: String(task.size.cpu),
      memory: String(task.size.memoryMb),
      executionRoleArn: at.role,
      containerDefinitions: pulumi.jsonStringify(labelled(task, name, release)),
      volumes: task.volumes.map((each) => ({ name: each.name })),
      // The revision before is the way back.
      skipDestroy: true,
    },
    own,
  );
  const found = duty.kind === "worker" ? undefined : discovery(args, own);
  const service = new Service(name, serviceArgs(args, definition, found), { ...own, dependsOn: [...args.after] });
  return { service, release, definition };
}

function serviceArgs(args: FargateWorkloadArgs, definition: TaskDefinition, found: Discovery | undefined) {
  const { at, workload, place, deployment, policy, subnets, group, targets, alarms } = args;
  const { name, replicas } = workload;
  return {
    name,
    cluster: at.arn,
    taskDefinition: definition.arn,
    desiredCount: replicas,
    launchType: "FARGATE",
    platformVersion: "1.4.0",
    networkConfiguration: { subnets: [...subnets], securityGroups: [group], assignPublicIp: false },
    // What does not come up, or fails for users while it does, is set back by ECS itself.
    deploymentCircuitBreaker: { enable: true, rollback: true },
    ...(alarms.length > 0 && { alarms: { enable: true, rollback: true, alarmNames: [...alarms] } }),
    ...deploymentOf(workload),
    ...(targets.length > 0 && {
      loadBalancers: targets.map(({ arn, port }) => ({
        targetGroupArn: arn,
        containerName: name,
        containerPort: port,
      })),
      healthCheckGracePeriodSeconds: policy.times.ready,
    }),
    ...(found && { serviceRegistries: { registryArn: found.arn } }),
    enableExecuteCommand: false,
    enableEcsManagedTags: true,
    propagateTags: "SERVICE",
    // The rollout's step waits, because it tells why and knows the way back.
    waitForSteadyState: false,
    tags: { ...workloadContainer(place, workload, deployment).labels },
  };
}

/** Its replicas by its own name within the network. */
function discovery({ at, workload }: FargateWorkloadArgs, own: pulumi.CustomResourceOptions): Discovery {
  const dnsConfig = {
    namespaceId: at.namespace.id,
    routingPolicy: "MULTIVALUE",
    dnsRecords: [{ type: "A", ttl: 5 }],
  };
  return new Discovery(workload.name, { name: workload.name, dnsConfig }, own);
}

/** Where each secret variable is found: by the very version, so that a release before keeps its own. */
function secrets(
  { place, workload, known }: FargateWorkloadArgs,
  parent: pulumi.Resource,
): Readonly<Record<string, Late>> {
  const names = Object.entries(workload.env).flatMap(([name, value]) => (typeof value === "string" ? [] : [name]));
  if (names.length === 0) return {};
  const own = `${workload.name}-env`;
  const secret = new Secret(
    own,
    {
      name: `${secretPrefix(place.stack)}${workload.name}`,
      description: `Secret variables of ${workload.name}`,
      recoveryWindowInDays: 30,
    },
    { parent },
  );
  const values = pulumi.secret(pulumi.jsonStringify(known.apply((all) => secretEnv(workload, all))));
  const version = new SecretVersion(own, { secretId: secret.id, secretString: values }, { parent });
  return Object.fromEntries(
    names.map((name) => [name, pulumi.interpolate`${secret.arn}:${name}::${version.versionId}`]),
  );
}

function taskWith(args: FargateWorkloadArgs, from: Readonly<Record<string, Late>>): Task<Late> {
  const { at, region, helper, place, workload, ports, deployment, elsewhere, beside } = args;
  const { init: _, health: __, ...spec } = workloadContainer(place, workload, deployment);
  const health = fargateHealth(workload, deployment.health);
  const before = workerCheck(workload);
  return taskOf<Late>({
    spec: { ...spec, ...(health && { health }) },
    env: Object.fromEntries(
      Object.entries(spec.env).map(([name, value]) => [
        name,
        Object.hasOwn(elsewhere, value) ? (elsewhere[value] ?? value) : value,
      ]),
    ),
    secrets: from,
    region,
    logs: at.logs,
    helper,
    ports,
    beside,
    ...(before && { before: { name: before.name, argv: before.argv } }),
  });
}

/** By which a rollout knows it: only on the workload's own container. */
function labelled(task: Task<Late>, name: string, release: pulumi.Output<string>) {
  return task.containers.map((each) =>
    each.name === name ? { ...each, dockerLabels: { ...each.dockerLabels, [label.release]: release } } : each,
  );
}

function releaseOf({ containers, size, volumes }: Task<Late>): pulumi.Output<string> {
  return pulumi
    .output({ containers, size, volumes })
    .apply((known) => createHash("sha256").update(canonical(known)).digest("hex").slice(0, 10));
}
