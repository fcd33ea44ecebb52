import { createInterface } from "node:readline";
import type Docker from "dockerode";
import { z } from "zod";
import { label } from "../../components/container/spec.ts";
import type { Observed } from "../../components/steps/runner.ts";
import { logLines } from "./frames.ts";
import { type Filter, type From, shown } from "./pick.ts";
import { chunksOf } from "./read.ts";

export interface Followed {
  readonly stack: string;
  readonly part: string;
  readonly containers: readonly Pick<Observed, "id" | "name">[];
  /** The time of each one's last line that was read already. */
  readonly seen: readonly (string | undefined)[];
}

const started = z.object({
  id: z.string(),
  time: z.number(),
  Actor: z.object({ Attributes: z.object({ name: z.string() }) }),
});

type Attach = (id: string, container: string, after: string) => Promise<void>;

/** Prints lines as they come, until the process is ended: also those of containers that a release, or a restart, starts meanwhile. */
export async function follow(
  engine: Docker,
  { stack, part, containers, seen }: Followed,
  filter: Filter,
  print: (line: From) => void,
): Promise<void> {
  const open = new Set<string>();
  const last = new Map<string, string>();
  const attach: Attach = async (id, container, after) => {
    if (open.has(id)) return;
    open.add(id);
    const since = last.get(id) ?? after;
    last.set(id, since);
    const options = { stdout: true, stderr: true, timestamps: true, follow: true, since: sinceOf(since) } as const;
    for await (const line of logLines(chunksOf(await engine.getContainer(id).logs(options)))) {
      // The engine's own `since` includes the line that it names.
      if (line.at <= (last.get(id) ?? "")) continue;
      last.set(id, line.at);
      const wanted = shown({ ...line, container }, filter);
      if (wanted !== undefined) print(wanted);
    }
    open.delete(id);
  };
  const now = engineTime(Date.now());
  const events = await engine.getEvents({
    filters: { type: ["container"], event: ["start"], label: [`${label.stack}=${stack}`, `${label.part}=${part}`] },
  });
  const attached = containers.map(({ id, name }, place) => attach(id, name, seen[place] ?? now));
  await Promise.all([...attached, attachStarted(events, attach)]);
}

async function attachStarted(events: NodeJS.ReadableStream, attach: Attach): Promise<void> {
  const broken = Promise.withResolvers<never>();
  const reading = async () => {
    for await (const text of createInterface({ input: events })) {
      const { id, time, Actor } = started.parse(JSON.parse(text));
      attach(id, Actor.Attributes.name, engineTime(time * 1000)).catch(broken.reject);
    }
  };
  await Promise.race([reading(), broken.promise]);
}

/** As the engine writes times, so that they compare as text. */
export function engineTime(ms: number): string {
  return new Date(ms).toISOString().replace("Z", "000000Z");
}

/** Seconds with nine digits, as the engine takes them. */
export function sinceOf(at: string): string {
  const fraction = /\.(\d+)/.exec(at)?.[1] ?? "0";
  return `${Math.floor(Date.parse(at) / 1000)}.${fraction.padEnd(9, "0")}`;
}
