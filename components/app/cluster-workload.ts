import { createHash } from "node:crypto";
import * as kubernetes from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { type ClusterPlace, secret, service } from "../cluster/resource.ts";
import { type PodWish, podLabels, podOf, selectorOf } from "../container/kubernetes.ts";
import { type ContainerSpec, label } from "../container/spec.ts";
import { canonical } from "../steps/step.ts";
import {
  type Autoscale,
  autoscaled,
  besideOthers,
  drainSeconds,
  podsAlias,
  scalerOf,
  spread,
  strategyOf,
  workloadProbes,
} from "./pods.ts";
import type { ReleasePolicy } from "./policy.ts";
import { type Deployment, type Known, secretEnv, type Workload, workloadContainer } from "./spec.ts";

export interface ClusterWorkloadArgs {
  readonly at: ClusterPlace;
  readonly workload: Workload;
  /** Under which it is known. */
  readonly ports: readonly number[];
  readonly deployment: Deployment;
  readonly policy: ReleasePolicy;
  readonly known: pulumi.Output<Known>;
  readonly autoscale: Autoscale | undefined;
  /** What runs before the workload in its pod. */
  readonly before: PodWish["before"];
  readonly after: pulumi.Resource;
}

export interface ClusterWorkload {
  readonly deployment: kubernetes.apps.v1.Deployment;
  /** Another one whenever anything of its pods is another. */
  readonly release: pulumi.Output<string>;
}

/** One workload in a stack's namespace: its Deployment, with the Service, the budget and the scaler that it has. */
export function clusterWorkload(args: ClusterWorkloadArgs, parent: pulumi.Resource): ClusterWorkload {
  const { at, workload, deployment, policy } = args;
  const { name, duty } = workload;
  const { health: _, init: __, ...spec } = workloadContainer(at.place, workload, deployment);
  const own = { parent, provider: at.provider };
  const scale = autoscaled(workload, args.autoscale);
  const known = { selector: selectorOf(spec), ports: args.ports };
  if (duty.kind !== "worker") service(at, name, { ...known, labels: { [label.part]: name } }, { parent });
  if (policy.mode === "overlap" && args.ports.length > 0)
    service(at, podsAlias(name), { ...known, headless: true, labels: { [label.part]: podsAlias(name) } }, { parent });
  if (workload.replicas > 1 || scale !== undefined) budget(at, spec, name, own);
  const variables = secret(
    at,
    `${name}-env`,
    args.known.apply((all) => secretEnv(workload, all)),
    { parent },
  );
  const beside = besideOthers(workload, policy, at.place.stack);
  const template = { ...podTemplate(args, spec, variables), ...(beside && { affinity: beside.affinity }) };
  const release = releaseOf(template);
  const made = new kubernetes.apps.v1.Deployment(
    name,
    {
      metadata: {
        name,
        namespace: at.namespace,
        labels: podLabels(spec),
        // The rollout's step waits, because it knows the way back.
        ...(policy.mode === "overlap" && { annotations: { "pulumi.com/skipAwait": "true" } }),
      },
      spec: {
        // An autoscaler's are not said here: each apply would take its own away.
        ...(scale === undefined && { replicas: workload.replicas }),
        selector: { matchLabels: selectorOf(spec) },
        strategy: strategyOf(workload, policy),
        progressDeadlineSeconds: progressSeconds(policy, spec),
        revisionHistoryLimit: 3,
        template: {
          metadata: {
            labels: {
              ...podLabels(spec),
              ...beside?.labels,
              ...(policy.mode === "overlap" && { [label.release]: release }),
            },
          },
          spec: template,
        },
      },
    },
    { ...own, dependsOn: args.after },
  );
  if (scale !== undefined)
    new kubernetes.autoscaling.v2.HorizontalPodAutoscaler(
      name,
      { metadata: { name, namespace: at.namespace }, spec: scalerOf(name, scale) },
      own,
    );
  return { deployment: made, release };
}

/** A start, and what goes before it; a rollout without progress for that long has failed. */
export function progressSeconds({ times }: ReleasePolicy, { stopGraceSeconds }: ContainerSpec): number {
  return times.ready + times.hold + stopGraceSeconds + drainSeconds;
}

function budget(at: ClusterPlace, spec: ContainerSpec, name: string, opts: pulumi.CustomResourceOptions): void {
  new kubernetes.policy.v1.PodDisruptionBudget(
    name,
    {
      metadata: { name, namespace: at.namespace },
      spec: { maxUnavailable: 1, selector: { matchLabels: selectorOf(spec) } },
    },
    opts,
  );
}

function podTemplate(
  { workload, deployment, before }: ClusterWorkloadArgs,
  spec: ContainerSpec,
  variables: pulumi.Input<string>,
) {
  const wish: PodWish<pulumi.Input<string>> = {
    spec,
    secretEnv: [variables],
    probes: workloadProbes(workload, deployment.health, spec.stopGraceSeconds),
    ...(before && { before }),
    drainSeconds: workload.duty.kind === "worker" ? 0 : drainSeconds,
    restart: "Always",
  };
  return { ...podOf(wish), topologySpreadConstraints: spread(selectorOf(spec)) };
}

/** By the name of its Secret, which is another one when a value is. */
function releaseOf(template: ReturnType<typeof podTemplate>): pulumi.Output<string> {
  return pulumi
    .output(template)
    .apply((known) => createHash("sha256").update(canonical(known)).digest("hex").slice(0, 10));
}
