import { putRight } from "../container/put-right.ts";
import { label } from "../container/spec.ts";
import { type Difference, differences, type Kept, type Upkeep } from "../container/upkeep.ts";
import type { Release, Replica } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import { withProbes } from "./gate.ts";
import { awaitReady } from "./ready.ts";
import { definitionLabelOf, definitionOf, networksOf, type RolloutInputs, secretNames, workloadName } from "./spec.ts";

/** What is read of a workload's plan. */
interface Planned {
  readonly container: Pick<RolloutInputs["workloads"][number]["container"], "labels" | "limits" | "network">;
}

/** What a replica that serves is to stay, as long as its release does. */
export function upkeepOf(workloads: readonly Planned[], replica: Replica): Upkeep | undefined {
  const plan = workloads.find((each) => workloadName(each) === replica.workload);
  if (plan === undefined) return undefined;
  const { limits } = plan.container;
  const network = networksOf(plan.container).map(({ name, aliases }) => ({
    name,
    aliases: [...aliases, replica.alias],
  }));
  return { limits, restart: "unless-stopped", network };
}

/** What a hand changed on replicas that run; one that is missing or stopped is the journal's to tell, see deviation.ts. */
export function handChanges(
  workloads: readonly Planned[],
  serving: Release | undefined,
  find: (id: string) => Kept | undefined,
): readonly (Difference & { readonly alias: string })[] {
  return (serving?.replicas ?? []).flatMap((replica) => {
    const made = upkeepOf(workloads, replica);
    const found = find(replica.id);
    if (made === undefined || found?.running !== true) return [];
    return differences(made, found).map((each) => ({ ...each, alias: replica.alias }));
  });
}

/**
 * Takes back what a hand changed, without a release: nobody waits. Only a replica that was off a network starts again, since its connections went
 * with the network and it would wait for their answers. A replica of another definition is the release's to replace.
 */
export async function keepUp(lease: Lease, inputs: RolloutInputs): Promise<void> {
  const { runner, place, journal } = lease;
  const containers = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
  const cutOff: Replica[] = [];
  for (const replica of journal.serving?.replicas ?? []) {
    const container = containers.find(({ id, state }) => id === replica.id && state === "running");
    const plan = inputs.workloads.find((each) => workloadName(each) === replica.workload);
    const made = upkeepOf(inputs.workloads, replica);
    if (container === undefined || plan === undefined || made === undefined) continue;
    if (definitionLabelOf(container.labels) !== definitionOf(plan, secretNames(inputs, plan))) continue;
    if (await putRight(runner, container.id, container.name, made)) cutOff.push(replica);
  }
  if (cutOff.length === 0) return;
  for (const { id, stopGraceSeconds } of cutOff) {
    await runner.stop(id, stopGraceSeconds);
    await runner.start(id);
  }
  await withProbes(lease, inputs, (session) => awaitReady(lease, session, inputs, cutOff));
}
