import { label } from "../container/spec.ts";
import { knownContainers, type Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import type { Observed } from "../steps/runner.ts";
import type { Live, Serving } from "./plan.ts";
import { definitionLabelOf, type RolloutInputs } from "./spec.ts";

/** What serves, read from the host: the journal's release, which of its containers are there, whether they run, what they are. */
export async function observeServing(lease: Lease, inputs: RolloutInputs): Promise<Serving | undefined> {
  const release = lease.journal.serving;
  if (release === undefined) return undefined;
  return { release, live: await liveReplicas(lease, inputs, release) };
}

/** What somebody removed by hand is not among them: there is nothing to stop and nothing to go back to. */
async function liveReplicas(lease: Lease, inputs: RolloutInputs, release: Release): Promise<readonly Live[]> {
  const { runner, place } = lease;
  const workloads = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
  const found = await Promise.all(
    release.replicas.map(async (replica) => {
      const container = workloads.find(({ id }) => id === replica.id);
      const detail = container && (await runner.inspect(replica.id));
      if (container === undefined || detail === undefined) return [];
      const env = new Map(detail.env.map(splitAt));
      const secrets = Object.entries(inputs.secretEnv[replica.workload] ?? {});
      return [
        {
          replica,
          running: detail.running,
          definition: definitionLabelOf(container.labels),
          sameSecrets: secrets.every(([name, value]) => env.get(name) === value),
        },
      ];
    }),
  );
  return found.flat();
}

function splitAt(line: string): readonly [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}

/** Containers of no release that the journal knows. */
export async function strays({ runner, place, journal }: Lease): Promise<readonly Observed[]> {
  const known = knownContainers(journal);
  const workloads = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
  return workloads.filter(({ id }) => !known.has(id));
}
