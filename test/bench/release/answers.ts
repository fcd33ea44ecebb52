import { setTimeout as pause } from "node:timers/promises";
import { load, type Scenario } from "./scenario.ts";
import { type Transport, transportOf } from "./transport.ts";
import type { Side } from "./under-load.ts";

/**
 * Waits until a side answers, asked as its users ask.
 * @param seconds default 60
 * @throws Error with the last failure when the time is over
 */
export async function answers(
  { system, domain, protocol }: Scenario,
  { port, ca }: Pick<Side, "port" | "ca">,
  seconds = 60,
): Promise<void> {
  const transport = transportOf(protocol, { host: domain, port, ca, timeoutMs: load.timeoutMs, connections: 1 });
  const deadline = performance.now() + seconds * 1000;
  try {
    for (;;) {
      const failure = await asked(transport);
      if (failure === undefined) return;
      if (performance.now() > deadline)
        throw new Error(`${system} does not answer at port ${port} within ${seconds} s; last: ${failure}`);
      await pause(50);
    }
  } finally {
    transport.close();
  }
}

/** What went wrong, if anything did. */
function asked(transport: Transport): Promise<string | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve("no answer within 2 s");
      pending.drop();
    }, 2_000);
    const end = (failure?: string) => {
      clearTimeout(timer);
      resolve(failure);
    };
    const pending = transport.send(
      { method: "GET", due: performance.now(), fresh: true, key: "ready" },
      { good: () => end(), bad: (kind, detail) => end(`${kind}: ${detail}`) },
    );
  });
}
