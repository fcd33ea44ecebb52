import * as pulumi from "@pulumi/pulumi";
import type Docker from "dockerode";
import { label, type Place } from "../../components/container/spec.ts";
import { generationOf, isGenerational } from "../../components/volumes/spec.ts";

/** The stack's volumes on the host, each by its part: what an earlier version of the system left there too. Read-only. */
export async function observeVolumes(engine: Docker, { stack }: Place): Promise<readonly string[]> {
  const { Volumes } = await engine.listVolumes({ filters: { label: [`${label.stack}=${stack}`] } });
  return Volumes.flatMap(({ Labels }) => Labels?.[label.part] ?? []).sort();
}

/** Refuses a generation of the data that nobody made: the stack would serve empty volumes, and its data would lie beside them. */
export function assertGeneration(volumes: readonly string[], generation: number, { stack }: Place): void {
  const problem = generationProblem(volumes, generation, stack);
  if (problem !== undefined) throw new pulumi.RunError(problem);
}

/** In words; undefined when the data are there, or when there are none at all: then this is a new host. */
export function generationProblem(volumes: readonly string[], generation: number, stack: string): string | undefined {
  const found = [...new Set(volumes.filter(isGenerational).map(generationOf))].sort((a, b) => a - b);
  if (generation === 0 || found.length === 0 || found.includes(generation)) return undefined;
  return `slipway:data.generation is ${generation}, which is not on this host; there is ${found.join(", ")}. A restore makes the next one and writes it there: put back what stood there, \`pulumi config set --path slipway:data.generation ${found.at(-1)} --stack ${stack}\``;
}
