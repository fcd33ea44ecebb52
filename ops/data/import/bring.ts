import { takeBrought } from "../../../components/backup/brought.ts";
import { chooseSet } from "../../../components/backup/manifest.ts";
import { redacted } from "../../../components/steps/failure.ts";
import { type DataStack, listSets, withDataLease } from "../session.ts";
import { look } from "./given.ts";
import { loadInto } from "./load.ts";
import { type BroughtSet, broughtNotes } from "./notes.ts";
import { packBrought } from "./pack.ts";
import { planImport } from "./plan.ts";

/**
 * Makes a set of files that somebody else wrote; nothing that serves is touched.
 * @param generation that a restore of it will make
 * @throws Error with every reason why it cannot be
 */
export async function bring(stack: DataStack, paths: readonly string[], generation: number): Promise<BroughtSet> {
  const { facts, say } = stack;
  const plan = planImport(await Promise.all(paths.map(look)), facts.access.data, facts.place.stack);
  const { given, kind } = plan.database;
  if (plan.left > 0) say(`${plan.left} files are in no set of this system, e.g. logs, and stay where they are`);
  say(`reading ${paths.join(", ")}`);
  // Its text goes to a server of its own, everything else into the set.
  const places = kind === "sql" ? new Map([...plan.places].filter(([each]) => each !== given)) : plan.places;
  const brought = {
    files: () => packBrought(places),
    packed: given.packed && given.kind !== "tar",
    made: given.modified,
    ...(kind === "sql" && { load: (to: string) => loadInto(stack, given, generation, to) }),
  };
  const name = await redacted(Object.values(facts.access.secrets), () =>
    withDataLease(stack, "import", (lease) => takeBrought(lease, facts, brought)),
  );
  const set = chooseSet(await listSets(stack), { set: name, at: undefined }, facts.place.stack);
  return { set, notes: broughtNotes(set, plan, facts.access.data.directories) };
}
