import { indent, lastLines, messageOf } from "../steps/failure.ts";
import type { Replica } from "../steps/journal.ts";
import type { Runner } from "../steps/runner.ts";

const keptLines = 30;

/** What replicas said last, for a failure's message; what they cannot tell must not keep an undo from happening. */
export async function lastWords(runner: Runner, replicas: readonly Replica[]): Promise<string> {
  const all = await Promise.all(replicas.map((replica) => wordsOf(runner, replica)));
  return all.join("");
}

async function wordsOf(runner: Runner, { id, alias }: Replica): Promise<string> {
  try {
    const lines = lastLines(await runner.logs(id, keptLines));
    return lines === "" ? "" : `\nthe last lines of ${alias}:\n${indent(lines)}`;
  } catch (error) {
    return `\nthe log of ${alias} cannot be read: ${messageOf(error)}`;
  }
}
