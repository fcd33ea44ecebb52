import { createHash, randomBytes } from "node:crypto";
import type { DataSpec } from "../backup/spec.ts";
import { type ContainerSpec, label, type NetworkPlace, type Place, resourceName } from "../container/spec.ts";
import type { SchemaSpec } from "../migration/spec.ts";
import { canonical } from "../steps/step.ts";

export interface RolloutInputs {
  readonly host: string;
  readonly place: Place;
  /** The workload without its name, release and secrets. */
  readonly app: ContainerSpec;
  readonly secretEnv: Readonly<Record<string, string>>;
  readonly data: DataSpec;
  readonly schema: SchemaSpec;
  /** From Migration: that the target was rehearsed. */
  readonly revision: string;
  readonly ready: Readiness;
  /** What preflight found other than wanted; empty when nothing. */
  readonly deviation: string;
}

export interface RolloutOutputs {
  /** Changes with every run that released something; SmokeTest proves exactly this one. */
  readonly release: string;
  readonly migrated: string;
  /** From the old writer's stop to the new one's cutover, in seconds; 0 at the first release. */
  readonly gapSeconds: number;
}

export interface Readiness {
  readonly probeImage: string;
  readonly port: number;
  readonly path: string;
  readonly json: Readonly<Record<string, unknown>>;
  readonly timeoutSeconds: number;
}

export const definitionLabel = "slipway.definition";

/** `r20261121-070512-9f3a`: sorts by time, unique on the host. */
export function releaseId(now: Date): string {
  const stamp = now.toISOString().replace(/[-:]/g, "").replace("T", "-").slice(0, 15);
  return `r${stamp}-${randomBytes(2).toString("hex")}`;
}

/** A fingerprint of all that is no secret, and of the secrets' names; secrets are compared with the running container itself, never hashed into a label. */
export function definitionOf(app: ContainerSpec, secretNames: readonly string[]): string {
  return createHash("sha256")
    .update(canonical({ app, secretNames: [...secretNames].sort() }))
    .digest("hex")
    .slice(0, 16);
}

/** The alias that only Rollout uses, until the cutover gives the candidate the constant one. */
export function candidateAlias(app: ContainerSpec, release: string): string {
  return `${app.labels[label.part] ?? "app"}-${release}`;
}

/** The candidate's container: the workload under the release's own name and alias, secrets in. */
export function candidate(inputs: Pick<RolloutInputs, "app" | "secretEnv" | "place">, release: string): ContainerSpec {
  const { app, secretEnv, place } = inputs;
  return {
    ...app,
    // A candidate that dies stays dead, so that readiness sees it; it gets the workload's policy with the commit.
    restart: "no",
    name: resourceName(place, app.labels[label.part] ?? "app", release),
    env: { ...app.env, ...secretEnv },
    labels: { ...app.labels, [label.release]: release, [definitionLabel]: definitionOf(app, Object.keys(secretEnv)) },
    network: networksOf(app).map((network) => ({ ...network, aliases: [candidateAlias(app, release)] })),
  };
}

export function networksOf(app: ContainerSpec): readonly NetworkPlace[] {
  return app.network === "host" ? [] : app.network;
}
