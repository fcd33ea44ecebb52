import { archivePart, filledArchive } from "../archive/spec.ts";
import { label, type Place } from "../container/spec.ts";
import type { Runner } from "../steps/runner.ts";
import { withSession } from "../steps/session.ts";
import { quote, script } from "../steps/shell.ts";
import { seriesPath } from "./spec.ts";

const graceSeconds = 30;

/** What a pause needs to know of a stack's data. */
export interface Logged {
  /** The product's image, for a command. */
  readonly image: string;
  readonly user: string;
  readonly database: { readonly kind: "sqlite" | "postgres" };
}

/**
 * Puts another file in the place of SQLite's while nobody receives its log; what comes after it is of a log of its own, so that none has two
 * histories. When the work fails, or is killed, nobody receives it until the work was done again: what lies there then may be half a file.
 */
export async function withLogPaused<T>(
  runner: Runner,
  place: Place,
  { image, user, database }: Logged,
  work: () => Promise<T>,
): Promise<T> {
  const found =
    database.kind === "sqlite" ? await runner.list({ [label.stack]: place.stack, [label.part]: archivePart }) : [];
  const receivers = found.filter(({ labels }) => labels[label.role] === "part");
  if (receivers.length === 0) return work();
  await Promise.all(receivers.map(({ id }) => runner.stop(id, graceSeconds)));
  const done = await work();
  const request = { image, user, env: {}, mounts: [filledArchive(place)], network: [], memoryMb: 64 };
  await withSession(runner, place, "archive", request, (session) =>
    session.must("ending the log of the data from before", {
      argv: script(`rm -f ${quote(`${seriesPath}/of-${place.generation ?? 0}`)}`),
    }),
  );
  await Promise.all(receivers.map(({ id }) => runner.start(id)));
  return done;
}
