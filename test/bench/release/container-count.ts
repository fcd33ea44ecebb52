import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import type Docker from "dockerode";
import { z } from "zod";

/** Containers that run at the same time, and how many it were at most since the last reset. Pure. */
export class ContainerCount {
  readonly #running = new Map<string, boolean>();
  #peak = 0;
  #workloads = 0;

  get peak(): { readonly containers: number; readonly workloads: number } {
    return { containers: this.#peak, workloads: this.#workloads };
  }

  started(id: string, isWorkload: boolean): void {
    this.#running.set(id, isWorkload);
    this.#look();
  }

  died(id: string): void {
    this.#running.delete(id);
  }

  /** What runs now is the least of what comes. */
  reset(): void {
    this.#peak = 0;
    this.#workloads = 0;
    this.#look();
  }

  #look(): void {
    this.#peak = Math.max(this.#peak, this.#running.size);
    this.#workloads = Math.max(this.#workloads, [...this.#running.values()].filter(Boolean).length);
  }
}

const engineEvent = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string(), Attributes: z.record(z.string(), z.string()) }),
});

export interface Watched {
  readonly count: ContainerCount;
  /** @throws Error when events were missed: the count would be too low */
  stop(): void;
}

/** Counts by the engine's events: a container that lived between two looks would not be seen otherwise. */
export async function watchContainers(
  engine: Docker,
  label: string,
  isWorkload: (labels: Readonly<Record<string, string>>) => boolean,
): Promise<Watched> {
  const count = new ContainerCount();
  // Events first, the list second: nothing that starts in between is missed.
  const events = await engine.getEvents({
    filters: { type: ["container"], event: ["start", "die"], label: [label] },
  });
  if (!(events instanceof Readable)) throw new Error("the engine's events are no stream that can be ended");
  let broken: unknown;
  events.on("error", (error) => {
    broken = error;
  });
  const lines = createInterface({ input: events });
  lines.on("line", (line) => {
    const { Action, Actor } = engineEvent.parse(JSON.parse(line));
    if (Action === "start") count.started(Actor.ID, isWorkload(Actor.Attributes));
    else count.died(Actor.ID);
  });
  for (const each of await engine.listContainers({ filters: { label: [label] } }))
    count.started(each.Id, isWorkload(each.Labels));
  return {
    count,
    stop() {
      lines.close();
      events.destroy();
      if (broken !== undefined) throw new Error("the engine's events broke off", { cause: broken });
    },
  };
}
