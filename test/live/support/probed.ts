import { once } from "node:events";
import { join } from "node:path";
import { z } from "zod";
import type { Outsider } from "./outsider.ts";
import { begin } from "./run.ts";

const tally = z.object({ asked: z.number(), answered: z.record(z.string(), z.array(z.number())) });

export type Probed = z.output<typeof tally>;

/** Asks ports of a host from outside, 20 times a second each, while something happens: which answered, and when. */
export async function probed(
  outsider: Outsider,
  host: string,
  ports: readonly number[],
  work: () => Promise<void>,
): Promise<Probed> {
  const [program = "", ...args] = [...outsider.inside, process.execPath, join(import.meta.dirname, "prober.ts")];
  const { child, done } = begin(program, [...args, host, ...ports.map(String)]);
  try {
    if (child.stdout !== null) await once(child.stdout, "data");
    await work();
  } finally {
    child.kill("SIGTERM");
  }
  return tally.parse(JSON.parse((await done).stdout.replace(/^asking\n/, "")));
}

/** How long a port answered, in milliseconds from the first time to the last; undefined when it never did. */
export function answeredFor(found: Probed, port: number): number | undefined {
  const times = found.answered[port] ?? [];
  const [first] = times;
  const last = times.at(-1);
  return first === undefined || last === undefined ? undefined : last - first;
}
