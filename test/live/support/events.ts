import { createInterface } from "node:readline";
import { z } from "zod";
import { label } from "../../../components/container/spec.ts";
import { engine } from "./host.ts";
import type { TestStack } from "./stack.ts";

const event = z.object({ Action: z.string(), timeNano: z.number(), Actor: z.object({ ID: z.string() }) });

/** One start or end of a workload container, in nanoseconds of the engine's clock. */
interface Moment {
  readonly id: string;
  readonly began: boolean;
  readonly at: number;
}

/**
 * The engine's own word on which workload containers ran when. Listened to as it happens: afterwards the engine gives out its last 256
 * events only, and health checks fill those in a minute.
 */
export class Lives {
  readonly #moments: Moment[];
  readonly #stop: () => void;

  private constructor(moments: Moment[], stop: () => void) {
    this.#moments = moments;
    this.#stop = stop;
  }

  /** @param part one workload; all of them without it */
  static async watch(stack: TestStack, part?: string): Promise<Lives> {
    const moments: Moment[] = [];
    const labels = filterOf(stack, part);
    for (const { Id } of await engine.listContainers({ filters: { label: labels } })) {
      moments.push({ id: Id, began: true, at: 0 });
    }
    const closing = new AbortController();
    const stream = await engine.getEvents({
      filters: { type: ["container"], event: ["start", "die"], label: labels },
      abortSignal: closing.signal,
    });
    const lines = createInterface({ input: stream });
    // The end that `stop` asks for comes as an error.
    lines.on("error", (error: Error) => {
      if (!closing.signal.aborted) throw error;
    });
    lines.on("line", (line) => {
      const { Action, timeNano, Actor } = event.parse(JSON.parse(line));
      moments.push({ id: Actor.ID, began: Action === "start", at: timeNano });
    });
    return new Lives(moments, () => closing.abort());
  }

  stop(): void {
    this.#stop();
  }

  get starts(): number {
    return this.#moments.filter(({ began, at }) => began && at > 0).length;
  }

  /** When a container ended last, in milliseconds of the engine's clock; undefined while it runs. */
  endOf(id: string): number | undefined {
    const last = this.#moments.filter((moment) => moment.id === id).at(-1);
    return last === undefined || last.began ? undefined : last.at / 1e6;
  }

  /** Most containers that ran at the same time. */
  get atOnce(): number {
    const running = new Set<string>();
    let most = 0;
    for (const { id, began } of this.#moments.toSorted((a, b) => a.at - b.at)) {
      if (began) running.add(id);
      else running.delete(id);
      most = Math.max(most, running.size);
    }
    return most;
  }
}

function filterOf(stack: TestStack, part: string | undefined): string[] {
  const own = part === undefined ? [] : [`${label.part}=${part}`];
  return [`${label.stack}=${stack.name}`, `${label.role}=workload`, ...own];
}
