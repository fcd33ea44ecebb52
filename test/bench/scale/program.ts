import { readFileSync } from "node:fs";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import * as random from "@pulumi/random";
import { fewerFrames } from "../../../infra/frames.ts";
import { DockerPlatform } from "../../../infra/platforms/docker/platform.ts";
import { systemOf } from "../../../infra/systems/index.ts";
import type { Registered } from "../../doubles/mock-engine.ts";
import { placementOfSystem } from "../../fixtures/placement.ts";
import { triaSettings } from "../../fixtures/tria-settings.ts";

/** What is measured: the same resources by Slipway's own composition, and written out one after another. */
export type Kind = "ours" | "flat";

export interface Wish {
  readonly kind: Kind;
  readonly systems: number;
  /** Where the resources of one system stand, for `flat`. */
  readonly written: string;
}

/** Tria has the most kinds of parts: PostgreSQL, Redis, Chroma, Prometheus, switch, edge, all steps. */
function place(parent: pulumi.Resource | undefined): void {
  const settings = triaSettings({ chroma: true });
  new DockerPlatform(placementOfSystem(settings, systemOf(settings)), { ...(parent && { parent }) });
}

/** One system, as it is registered. */
export function placeOne(): void {
  place(undefined);
}

export function program({ kind, systems, written }: Wish): void {
  // As infra/main.ts does. The flat program as well: compared is the composition, not what a setting saves.
  fewerFrames();
  const one = kind === "flat" ? (JSON.parse(readFileSync(written, "utf8")) as readonly Registered[]) : [];
  for (let number = 1; number <= systems; number += 1) {
    // A type of its own for each: the types of the parents are in a URN, and a system's names are the same in all.
    const tenant = new pulumi.ComponentResource(`bench:scale:Tenant${number}`, `tenant-${number}`);
    if (kind === "ours") place(tenant);
    else writtenOut(one, number);
  }
}

/** As written by hand without any structure: no composition, no parents, every input a literal, the order by `dependsOn` alone. */
function writtenOut(all: readonly Registered[], number: number): void {
  const made = new Map<string, pulumi.Resource>();
  for (const each of ordered(all)) {
    const dependsOn = each.dependencies.flatMap((urn) => made.get(urn) ?? []);
    made.set(each.urn, one(each, `${each.name}-${made.size}-${number}`, dependsOn));
  }
}

/** What a hand-written step would have for a provider. */
class Step extends pulumi.CustomResource {}

const provider = "exports.handler = () => ({ create: async (inputs) => ({ id: 'done', outs: inputs }) });";

/** A class of a provider's SDK, as the list calls it: its inputs are those that our own program gave to the same class. */
type Class = new (name: string, inputs: pulumi.Inputs, opts: pulumi.CustomResourceOptions) => pulumi.Resource;

const classes: Readonly<Record<string, unknown>> = {
  "docker:index/container:Container": docker.Container,
  "docker:index/network:Network": docker.Network,
  "docker:index/volume:Volume": docker.Volume,
  "random:index/randomPassword:RandomPassword": random.RandomPassword,
};

function one(each: Registered, name: string, dependsOn: readonly pulumi.Resource[]): pulumi.Resource {
  const { type, inputs, secrets, protect, deleteBeforeReplace, ignoreChanges, additionalSecretOutputs } = each;
  if (type.startsWith("slipway:")) return new pulumi.ComponentResource(type, name);
  const marked = { ...inputs, ...Object.fromEntries(secrets.map((key) => [key, pulumi.secret(inputs[key])])) };
  const options = {
    dependsOn: [...dependsOn],
    protect,
    deleteBeforeReplace,
    ignoreChanges: [...ignoreChanges],
    additionalSecretOutputs: [...additionalSecretOutputs],
  };
  if (type.startsWith("pulumi-nodejs:")) return new Step(type, name, { ...marked, __provider: provider }, options);
  const made = classes[type];
  if (made === undefined) throw new Error(`the flat program has no class for ${type}`);
  return new (made as Class)(name, marked, options);
}

/** Each after what it depends on. */
export function ordered(all: readonly Registered[]): readonly Registered[] {
  const byUrn = new Map(all.map((each) => [each.urn, each]));
  const found = new Set<Registered>();
  const add = (each: Registered) => {
    for (const urn of each.dependencies) {
      const before = byUrn.get(urn);
      if (before !== undefined && !found.has(before)) add(before);
    }
    found.add(each);
  };
  all.forEach(add);
  return [...found];
}
