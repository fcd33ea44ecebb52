import { resourceName } from "../../components/container/spec.ts";
import { onlyIn } from "../../components/rollout/spec.ts";
import { generationOf } from "../../components/volumes/spec.ts";
import { askPulumi } from "../pulumi.ts";
import { type DataStack, withDataLease } from "./session.ts";
import { withoutResources } from "./state.ts";
import { dataVolumes, removeVolume } from "./volumes.ts";

/** Removes the data of earlier generations, and the release before where it could only run on them. */
export async function forgetOld(stack: DataStack, say: (line: string) => void): Promise<number> {
  const { engine, runner, facts, context } = stack;
  const { place, volumes } = facts;
  const old = (await dataVolumes(engine, place)).filter((part) => generationOf(part) < (place.generation ?? 0));
  if (old.length === 0) {
    say(`stack ${place.stack} has no data of an earlier generation: nothing to forget`);
    return 0;
  }
  await withDataLease(stack, "forgetting old data", async (lease) => {
    const { previous, serving, ...journal } = lease.journal;
    // Its containers hold the volumes, and must never write to them again.
    for (const { id } of previous === undefined ? [] : onlyIn(previous, serving)) await runner.remove(id);
    await lease.save({ ...journal, ...(serving !== undefined && { serving }) });
    const names = old.map((part) => resourceName(place, part));
    // First out of the state: one that is on the host alone is declared again, one that is in the state alone would stop every `up`.
    const urns = names.flatMap((name) => volumes.get(name) ?? []);
    const state = await askPulumi(context, ["stack", "export"]);
    await askPulumi(context, ["stack", "import"], withoutResources(state, urns));
    for (const name of names) {
      await removeVolume(engine, name);
      say(`removed volume ${name}`);
    }
  });
  return 0;
}
