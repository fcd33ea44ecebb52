import { observeDeviation } from "../../components/rollout/deviation.ts";
import type { Journal } from "../../components/steps/journal.ts";
import { findLease, holderOf } from "../../components/steps/lease.ts";
import type { Runner } from "../../components/steps/runner.ts";
import type { Means, Unanswered } from "./means.ts";
import type { Facts } from "./report.ts";

/** How often a look is repeated during which a release began or ended. */
const mostLooks = 3;

/** Who holds the lease and what the host says meanwhile: two questions, so both are asked anew when the answer to the first changed. */
async function settled(runner: Runner, place: Means["place"]) {
  for (let looks = 1; ; looks += 1) {
    const before = await findLease(runner, place);
    const seen = await observeDeviation(runner, place);
    const lease = await findLease(runner, place);
    if (before?.id === lease?.id || looks === mostLooks) return { ...seen, lease };
  }
}

/** A release that is under way is no deviation while its process lives. */
export async function rolloutNow(
  { runner, place }: Pick<Means, "runner" | "place">,
  journal: Journal | undefined,
  asker: Unanswered,
): Promise<Facts["rollout"]> {
  const { deviation, underWay, lease } = (await asker.ask("release", () => settled(runner, place))) ?? {};
  const holder = lease && holderOf(lease);
  const works = holder !== undefined && !holder.ended;
  const { open, bake } = journal ?? {};
  return {
    deviation: (works && underWay === true) || deviation === "" ? null : (deviation ?? null),
    open: open === undefined ? null : { release: open.release, phase: open.phase, held: open.held },
    baking: bake === undefined ? null : { release: bake.release, until: bake.until },
    lease: works ? { purpose: holder.purpose, process: holder.pid, machine: holder.host.split("/")[0] ?? "" } : null,
  };
}
