import { createHash, randomBytes } from "node:crypto";
import type { DataAccess } from "../backup/sets.ts";
import type { DataSpec } from "../backup/spec.ts";
import type { Trigger } from "../bake/spec.ts";
import { type ContainerSpec, label, type NetworkPlace, type Place, resourceName } from "../container/spec.ts";
import type { DatabaseSecrets } from "../database/spec.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import type { BackBy } from "../migration/way.ts";
import type { Probe } from "../probe/spec.ts";
import { gatesPath, journalPath, type Release, type Replica } from "../steps/journal.ts";
import { canonical } from "../steps/step.ts";
import type { Traffic } from "../switch/traffic.ts";
import type { Duty } from "./duty.ts";
import type { Mode } from "./plan.ts";

export interface RolloutInputs {
  readonly host: string;
  readonly place: Place;
  /** Which Pulumi state this is, see `ownerOf`. */
  readonly owner: string;
  /** The state that the stack may be taken from; empty for none. */
  readonly takeOver: string;
  readonly mode: Mode;
  readonly workloads: readonly WorkloadPlan[];
  /** By workload. */
  readonly secretEnv: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly data: DataSpec;
  readonly dataSecrets: DatabaseSecrets;
  readonly schema: SchemaSpec;
  /** The backup set from before this release; from BackupPoint. */
  readonly set: string;
  /** From Migration: that this target was rehearsed. */
  readonly rehearsed: string;
  readonly back: BackBy | "";
  readonly reads: readonly string[];
  readonly gate: Gate;
  readonly times: Times;
  readonly bake: Bake;
  /** The definition of a bad release that its user wants to try again; empty otherwise. */
  readonly retry: string;
  /** Of a schema that was changed by hand and is accepted as it is; empty for none. */
  readonly acceptSchema: string;
  /** For announcements. */
  readonly environment: string;
  readonly version: string;
  /** The webhook's URL, a secret; empty when there is none. */
  readonly webhook: string;
  /** What the release is promoted by: content of another stack's proof. @default it is not */
  readonly proof?: string;
  /** What announcements say beside the release. @default nothing */
  readonly note?: string;
  /** What preflight found other than wanted; empty when nothing. */
  readonly deviation: string;
}

export interface RolloutOutputs {
  /** Changes with every run that released something; SmokeTest proves exactly this one. */
  readonly release: string;
  readonly migrated: string;
  /** How long requests were held, the new app's own start-up included, in seconds; 0 where nothing was stopped. See `overHold` for what is judged. */
  readonly heldSeconds: number;
  /** How long each phase took. */
  readonly seconds: Readonly<Record<string, number>>;
  /** What is worth knowing and was no reason to fail. */
  readonly warnings: readonly string[];
}

/** A workload as Rollout runs it. */
export interface WorkloadPlan {
  /** Without its name, release, aliases of the release and secrets. */
  readonly container: ContainerSpec;
  readonly replicas: number;
  readonly duty: Duty;
}

/** What a candidate must show before a user reaches it. */
export interface Gate {
  readonly probeImage: string;
  readonly probes: readonly Probe[];
  readonly tokens: Readonly<Record<string, string>>;
}

/** All in seconds. */
export interface Times {
  readonly ready: number;
  readonly drain: number;
  /** How long requests may be held beyond the new app's own start-up. */
  readonly hold: number;
}

export interface Bake {
  readonly seconds: number;
  readonly triggers: readonly Trigger[];
  /** Prometheus' address on the front network; empty when it is off. */
  readonly prometheus: string;
}

const definitionLabel = "slipway.definition";

/** By the container's label; `app` where it has none. */
export function workloadName({ container }: { readonly container: Pick<ContainerSpec, "labels"> }): string {
  return container.labels[label.part] ?? "app";
}

/** `r20261121-070512-9f3a`: sorts by time, unique on the host. */
export function releaseId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `r${stamp}-${randomBytes(2).toString("hex")}`;
}

/** A fingerprint of all that is no secret, and of the secrets' names; secrets are compared with the running container itself, never hashed into a label. */
export function definitionOf(plan: WorkloadPlan, secretNames: readonly string[]): string {
  const { container, duty } = plan;
  return hash({ container, duty, secretNames: [...secretNames].sort() });
}

/** Of a whole release, whatever its replicas. */
export function releaseDefinition(inputs: Pick<RolloutInputs, "workloads" | "secretEnv" | "schema">): string {
  const parts = inputs.workloads.map((plan) => definitionOf(plan, secretNames(inputs, plan)));
  return hash({ parts, revision: inputs.schema.target });
}

/** The names of a workload's secret variables: a definition has them and never their values. */
export function secretNames(inputs: Pick<RolloutInputs, "secretEnv">, plan: WorkloadPlan): readonly string[] {
  return Object.keys(inputs.secretEnv[workloadName(plan)] ?? {});
}

/** The fingerprint that a container was made by; empty for one that carries none. */
export function definitionLabelOf(labels: Readonly<Record<string, string>>): string {
  return labels[definitionLabel] ?? "";
}

function hash(value: unknown): string {
  return createHash("sha256").update(canonical(value)).digest("hex").slice(0, 16);
}

/** A replica's own name on the network; only Rollout and the switch use it. */
export function replicaAlias(workload: string, release: string, index: number): string {
  return `${workload}-${release}-${index}`;
}

/** What the journal keeps of a replica, so that whoever comes after a crash can stop it, bring it back and ask whether it is healthy. */
export function replicaOf(plan: WorkloadPlan, id: string, madeBy: string, index: number): Replica {
  const { container, duty } = plan;
  const workload = workloadName(plan);
  const health = healthCommand(plan);
  return {
    id,
    workload,
    alias: replicaAlias(workload, madeBy, index),
    madeBy,
    single: duty.kind === "worker" && duty.single,
    stopGraceSeconds: container.stopGraceSeconds,
    ...(health !== undefined && { health: [...health] }),
  };
}

/** Only asks: a health check with liveness would count each question, and end the container in the end. */
function healthCommand({ container, duty }: WorkloadPlan): readonly string[] | undefined {
  if (duty.kind !== "worker" && duty.check !== undefined) return duty.check;
  const [kind, ...command] = container.health?.test ?? [];
  return kind === "CMD" ? command : undefined;
}

/** One replica's container: the workload under the release's own name and alias, secrets in; a worker behind its gate. */
export function candidate(
  inputs: Pick<RolloutInputs, "secretEnv" | "place">,
  plan: WorkloadPlan,
  release: string,
  index: number,
): ContainerSpec {
  const { container, duty } = plan;
  const name = workloadName(plan);
  const alias = replicaAlias(name, release, index);
  return {
    ...container,
    ...(duty.kind === "worker" && paused(container, inputs.place, release)),
    // A candidate that dies stays dead, so that readiness sees it; it gets the workload's policy with the commit.
    restart: "no",
    name: resourceName(inputs.place, alias),
    env: { ...container.env, ...inputs.secretEnv[name] },
    labels: {
      ...container.labels,
      [label.release]: release,
      [definitionLabel]: definitionOf(plan, secretNames(inputs, plan)),
    },
    network: networksOf(container).map((network) => ({ ...network, aliases: [...network.aliases, alias] })),
  };
}

/**
 * Whatever product it is, a worker's process begins only when the gate of its release opens; a candidate that waits takes no task. The gate is
 * a file on the journal's volume, so that a worker which restarts later finds it open. TERM ends the waiting: a shell with id 1 ignores it.
 */
function paused(container: ContainerSpec, place: Place, release: string): Partial<ContainerSpec> {
  const wait = `trap 'exit 0' TERM; until [ -e "$0" ]; do sleep 0.2 & wait $!; done; trap - TERM; exec "$@"`;
  return {
    entrypoint: ["sh", "-c", wait, `${gatesPath}/${release}`],
    command: [...(container.entrypoint ?? []), ...(container.command ?? [])],
    mounts: [...container.mounts, { volume: resourceName(place, "journal"), path: journalPath, readOnly: true }],
  };
}

/** The networks that a container is connected to: none in the host's own, which has no aliases. */
export function networksOf(container: Pick<ContainerSpec, "network">): readonly NetworkPlace[] {
  return container.network === "host" ? [] : container.network;
}

/** Where the switch sends requests when exactly these replicas serve. */
export function trafficOf(workloads: readonly WorkloadPlan[], replicas: readonly Replica[]): Traffic {
  return Object.fromEntries(
    workloads.flatMap((plan) =>
      plan.duty.kind === "worker"
        ? []
        : plan.duty.backends.map(({ name }) => [
            name,
            replicas.filter(({ workload }) => workload === workloadName(plan)).map(({ alias }) => alias),
          ]),
    ),
  );
}

/** What backups, rehearsals and restores need of a release's inputs. */
export function accessOf({ data, dataSecrets }: Pick<RolloutInputs, "data" | "dataSecrets">): DataAccess {
  return { data, secrets: dataSecrets };
}

/** The replicas of one release that another one does not have. */
export function onlyIn(release: Release, other: Release | undefined): readonly Replica[] {
  const shared = new Set(other?.replicas.map(({ id }) => id));
  return release.replicas.filter(({ id }) => !shared.has(id));
}
