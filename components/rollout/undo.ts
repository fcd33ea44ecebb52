import { take } from "../backup/sets.ts";
import type { Back, Journal, Release } from "../steps/journal.ts";
import type { Lease } from "../steps/lease.ts";
import { Control } from "../switch/control.ts";
import { lastWords } from "./last-words.ts";
import { areThere, type Means, mendOpen, stopKept } from "./recover.ts";
import { onlyIn } from "./spec.ts";

/** How the data go back with the code; pure. What loses least comes first. */
export function wayBack(
  journal: Pick<Journal, "startedFrom">,
  serving: Release,
  previous: Release,
  canDowngrade: boolean,
): Back | undefined {
  if (previous.revision === serving.revision || previous.reads.includes(serving.revision)) return { by: "code" };
  if (canDowngrade) return { by: "downgrade", to: previous.revision, image: serving.image };
  return journal.startedFrom === undefined ? undefined : { by: "restore", set: journal.startedFrom };
}

/**
 * Undoes the serving release because a proof that follows its commit failed. Where it changed the schema, older code gets it back as it
 * needs it; only where there is no other way the data go back to the set it began with, and what was written since is in the set that this
 * takes first. Answers the outcome for the user.
 *
 * @param bad the list of bad releases with this one on it, where it must not be tried again
 */
export async function undoServing(
  lease: Lease,
  means: Means,
  why: string,
  bad: Journal["bad"] = lease.journal.bad,
): Promise<string> {
  const { serving, previous, proved } = lease.journal;
  if (serving === undefined) return "No release serves.";
  if (proved === serving.id)
    return `Release ${serving.id} was proved before and keeps serving: look at what changed around it.`;
  if (previous === undefined || !(await areThere(lease, previous.replicas))) {
    return "There is no earlier release to go back to: this one keeps running, unproved.";
  }
  const back = wayBack(lease.journal, serving, previous, means.schema.downgrade !== undefined);
  if (back === undefined) return "Its data cannot go back: no backup set of it is known. It keeps running, unproved.";
  const held = means.mode === "stop-first" || back.by !== "code";
  const log = await lastWords(lease.runner, onlyIn(serving, previous).slice(0, 1));
  const emergency = back.by === "code" ? undefined : await emergencySet(lease, means, serving);
  // Never two at a time: the old one begins again below.
  if (!held)
    await stopKept(
      lease,
      onlyIn(serving, previous).filter(({ single }) => single),
    );
  // From here on a crash is mended like any open release; one that went bad is known as such from the same moment, or the next `up` would try it again.
  await lease.save({
    ...withoutServing(lease.journal),
    bad,
    serving: previous,
    undone: { release: serving.id, definition: serving.definition, why },
    open: { release: serving.id, phase: "undo", from: previous, held, ...(back.by !== "code" && { back }) },
  });
  await mendOpen(lease, means);
  return `${outcome(previous, back, emergency)}${log}`;
}

function withoutServing({ serving: _, previous: __, bake: ___, startedFrom: ____, ...rest }: Journal): Journal {
  return rest;
}

/** Taken while nobody writes, and before anything goes back: what users were told is kept must be found again. */
async function emergencySet(lease: Lease, { access }: Means, serving: Release): Promise<string> {
  await new Control(lease.runner, lease.place).hold(Object.keys(serving.traffic));
  await stopKept(lease, serving.replicas);
  return (await take(lease.runner, lease.place, access, "emergency")).set;
}

function outcome(previous: Release, back: Back, emergency: string | undefined): string {
  switch (back.by) {
    case "code":
      return `Undone: release ${previous.id} serves again, every write is kept.`;
    case "downgrade":
      return `Undone: release ${previous.id} serves again, the schema is back at ${back.to}; the rows as they were are in backup set ${emergency}.`;
    case "restore":
      return `Undone: release ${previous.id} serves again with the data of ${back.set}; what was written since is in backup set ${emergency}.`;
    default:
      return back satisfies never;
  }
}
