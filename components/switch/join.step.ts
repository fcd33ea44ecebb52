import { label, type Place } from "../container/spec.ts";
import { runnerOf } from "../steps/engine.ts";
import type { Runner } from "../steps/runner.ts";
import { changedInputs, type Step } from "../steps/step.ts";

export interface JoinInputs {
  readonly host: string;
  readonly place: Place;
  /** Who answers users. */
  readonly workloads: readonly string[];
  /** Where each is known by its aliases, and the switch's network, where it is to be known by the same. */
  readonly from: string;
  readonly to: string;
  /** The engine's id of `to`: one that was made again has nobody on it. */
  readonly network: string;
}

/**
 * Replicas from before the switch had a network of its own join it, without a restart and with their aliases: before the switch moves there, so that
 * the release which serves is found there too, and so is the one that is kept. Replicas that are made now are on it already.
 */
const step: Step<JoinInputs, Record<string, never>> = {
  changed: changedInputs,
  reconcile: async (inputs) => join(await runnerOf(inputs.host), inputs),
};

/** The step on any runner; a replica that is on the network already is left alone. */
export async function join(
  runner: Runner,
  { place, workloads, from, to }: Pick<JoinInputs, "place" | "workloads" | "from" | "to">,
): Promise<Record<string, never>> {
  const all = await runner.list({ [label.stack]: place.stack, [label.role]: "workload" });
  for (const { id, labels } of all.filter((each) => workloads.includes(each.labels[label.part] ?? ""))) {
    const networks = (await runner.inspect(id))?.networks;
    // The engine itself adds the id's beginning to the aliases.
    const aliases = networks?.[from]?.filter((alias) => !id.startsWith(alias));
    if (aliases === undefined || networks?.[to] !== undefined) continue;
    await runner.connect(id, { name: to, aliases: [...new Set([...aliases, labels[label.part] ?? ""])] });
  }
  return {};
}

export default step;
