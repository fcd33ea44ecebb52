import { z } from "zod";
import type { Observed, Runner } from "./runner.ts";

/**
 * What happened on this host, for whoever comes after a crash: which release serves, which one is kept, and what was open.
 * It lies on a volume of its own, holds no secret, and is written by the holder of the lease only.
 */
const release = z.strictObject({
  id: z.string(),
  /** The workload's container; one, as long as one writer is all there is. */
  container: z.string(),
  image: z.string(),
  revision: z.string(),
});

const journalShape = z.strictObject({
  serving: release.optional(),
  previous: release.optional(),
  /** Set before the first phase that changes anything, removed by the commit or the undo. */
  open: z
    .strictObject({
      release: z.string(),
      from: release.optional(),
      /** The set taken after the old writer stopped; restoring it undoes the migration. */
      set: z.string().optional(),
      /** True from just before the migration starts until the data are restored: in between they may be changed. */
      dataTouched: z.boolean(),
      /** Set just before the cutover, with all that finishing it needs: from then on users may write to the candidate. */
      ready: z
        .strictObject({
          release,
          networks: z.array(z.strictObject({ name: z.string(), aliases: z.array(z.string()) })),
          restart: z.enum(["unless-stopped", "no"]),
        })
        .optional(),
    })
    .optional(),
  /** The set that the serving release began with; an undo after the commit goes back to it. */
  startedFrom: z.string().optional(),
  /** The release that a smoke test proved last; a later failure around it is no reason to undo it. */
  proved: z.string().optional(),
  /** A release that was undone after its commit, and why. The next `up` tries again. */
  undone: z.strictObject({ release: z.string(), why: z.string() }).optional(),
});

export type Release = z.infer<typeof release>;
export type Journal = z.infer<typeof journalShape>;

export const journalPath = "/var/lib/slipway";
const file = "journal.json";

export function parseJournal(text: string | undefined): Journal {
  return text === undefined ? {} : journalShape.parse(JSON.parse(text));
}

/** Reads it through any container that mounts the journal's volume, running or not. */
export async function readJournal(runner: Runner, container: Observed | string): Promise<Journal> {
  return parseJournal(
    await runner.get(typeof container === "string" ? container : container.id, `${journalPath}/${file}`),
  );
}

export async function writeJournal(runner: Runner, container: string, journal: Journal): Promise<void> {
  const content = `${JSON.stringify(journalShape.parse(journal), undefined, 2)}\n`;
  await runner.put(container, journalPath, [{ path: file, type: "file", content, mode: 0o644, uid: 0, gid: 0 }]);
}

/** The journal after a commit: the new one serves, the one before is kept, older ones are forgotten. */
export function committed(journal: Journal, serving: Release): Journal {
  const { open } = journal;
  return {
    serving,
    ...(open?.from !== undefined && { previous: open.from }),
    ...(open?.set !== undefined && { startedFrom: open.set }),
    ...(journal.proved !== undefined && { proved: journal.proved }),
  };
}
