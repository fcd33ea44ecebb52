import { setTimeout as pause } from "node:timers/promises";
import type { Acknowledged } from "./spec.ts";

export const writesPerSecond = 200;
const patienceMs = 5_000;

export interface Load {
  readonly acknowledged: Acknowledged;
  /** Of the acknowledged ones, what each took, in seconds. */
  readonly seconds: readonly number[];
  /** Many where the server was gone for a while. */
  readonly unanswered: number;
}

/**
 * Orders at a fixed rate, whether the last one was answered or not. What is not answered with 201 counts as not acknowledged, whatever became of
 * it. @param prefix of the keys, so that they are found again
 */
export async function write(url: string, prefix: string, until: AbortSignal): Promise<Load> {
  const acknowledged = new Map<string, number>();
  const seconds: number[] = [];
  const open = new Set<Promise<void>>();
  let unanswered = 0;
  const one = async (key: string): Promise<void> => {
    const began = performance.now();
    const body = JSON.stringify({ key, item: "bolt", quantity: 1 });
    const headers = { "content-type": "application/json" };
    const signal = AbortSignal.timeout(patienceMs);
    const status = await fetch(url, { method: "POST", body, headers, signal }).then(
      async (answer) => {
        await answer.arrayBuffer();
        return answer.status;
      },
      // The server is gone or too slow: that is what is measured.
      () => 0,
    );
    if (status !== 201) {
      unanswered += 1;
      return;
    }
    acknowledged.set(key, performance.now() / 1000);
    seconds.push((performance.now() - began) / 1000);
  };
  const start = performance.now();
  for (let place = 0; !until.aborted; place += 1) {
    const asked = one(`${prefix}${place}`);
    open.add(asked);
    asked.finally(() => open.delete(asked));
    await pause(Math.max(0, start + ((place + 1) * 1000) / writesPerSecond - performance.now()));
  }
  await Promise.all(open);
  return { acknowledged, seconds, unanswered };
}
