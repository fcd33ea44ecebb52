import * as pulumi from "@pulumi/pulumi";
import { differences, inWords, type Upkeep } from "../../../components/container/upkeep.ts";
import { changedFiles } from "../../../components/files/spec.ts";
import { handChanges } from "../../../components/rollout/keep-up.ts";
import type { RolloutInputs } from "../../../components/rollout/spec.ts";
import type { Release } from "../../../components/steps/journal.ts";
import type { FileEntry } from "../../../components/steps/runner.ts";
import type { Found } from "../../preflight/found.ts";

const step = (name: string) => `pulumi-nodejs:dynamic/slipway:steps:${name}`;

/**
 * Tells each step that keeps something what preflight found other than it is wanted: its input `deviation`, empty when nothing is. In one place
 * for all of them, because a part is nobody's business but its own, and what was found is the platform's.
 */
export function tellDeviations(found: Found, serving: Release | undefined): pulumi.ResourceTransformation {
  return ({ type, props: { ...props }, opts }) => {
    const { name, limits, restart, network, volume, entries, workloads, deviation } = props;
    if (type === step("Limits"))
      return {
        props: { ...props, deviation: containerDeviation(found, serving, { name, limits, restart, network }) },
        opts,
      };
    if (type === step("Files"))
      return { props: { ...props, deviation: filesDeviation(found, { volume, entries }) }, opts };
    if (type === step("Rollout"))
      return { props: { ...props, deviation: releaseDeviation(found, serving, { workloads, deviation }) }, opts };
    return undefined;
  };
}

function releaseDeviation(
  found: Found,
  serving: Release | undefined,
  { workloads, deviation }: Pick<RolloutInputs, "workloads" | "deviation">,
): string {
  const changes = handChanges(workloads, serving, (id) => found.containers.find((each) => each.id === id));
  return [deviation, ...changes.map((each) => `${each.alias}, ${inWords(each)}`)]
    .filter((each) => each !== "")
    .join("; ");
}

/** A part that is missing from a stack that serves: its step says what makes it again, which no step can. */
function containerDeviation(
  found: Found,
  serving: Release | undefined,
  { name, limits, restart, network }: Upkeep & { readonly name: string },
) {
  const container = found.containers.find((each) => each.name === name);
  if (container === undefined) return serving === undefined ? "" : "missing";
  return differences({ limits, restart, network }, container).map(inWords).join("; ");
}

function filesDeviation(
  found: Found,
  props: { readonly volume: pulumi.Input<string>; readonly entries: pulumi.Input<FileEntry[]> },
): pulumi.Output<string> {
  // Words about files and nothing of their content, so they are no secret.
  return pulumi.unsecret(
    pulumi.all([props.volume, props.entries]).apply(([volume, entries]) => {
      const files = found.files.get(volume);
      return files === undefined
        ? ""
        : changedFiles(entries, files)
            .map(({ path, is }) => `${path}: ${is}`)
            .join("; ");
    }),
  );
}
