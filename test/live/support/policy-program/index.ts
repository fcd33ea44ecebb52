import { readFileSync } from "node:fs";
import * as pulumi from "@pulumi/pulumi";
import { loaderText } from "../../../../components/steps/resource.ts";
import { providers } from "../../../../toolchain/versions.ts";
import type { Case } from "../../../fixtures/policy/parts.ts";

/** Of whatever type. */
class Registered extends pulumi.CustomResource {}

const cases: readonly Case[] = JSON.parse(readFileSync(process.env["SLIPWAY_CASES"] ?? "", "utf8"));
const made = new Map<string, pulumi.Resource>();

for (const each of cases) made.set(each.name, register(each));

function register({ type, name, inputs, protect = false, from = {} }: Case): pulumi.Resource {
  // An output exists for the SDK when it is named.
  const outputs = cases.flatMap((other) => Object.entries(other.from ?? {}).filter(([, source]) => source === name));
  const linked = Object.entries(from).map(([input, source]) => [input, outputOf(source, input)]);
  const props = {
    ...Object.fromEntries(outputs.map(([input]) => [input, undefined])),
    ...inputs,
    ...Object.fromEntries(linked),
    ...(type.startsWith("pulumi-nodejs:") && { __provider: loaderText("rollout/step.ts") }),
  };
  const version = providers.find((provider) => type.startsWith(`${provider.name}:`))?.version;
  return new Registered(type, name, props, { protect, ...(version !== undefined && { version }) });
}

function outputOf(source: string, name: string): unknown {
  const resource = made.get(source);
  if (resource === undefined) throw new Error(`${source} must stand before what follows from it`);
  return Reflect.get(resource, name);
}
