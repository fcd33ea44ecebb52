import { request } from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { internalRoot } from "../../components/edge/spec.ts";
import { readFirstFile } from "../../components/steps/archive.ts";

/** Where users ask, and what answers there. */
export interface Address {
  /** e.g. https://tmws.localhost:8443/health */
  readonly url: string;
  /** Container that keeps the edge's own CA. */
  readonly edge: string;
}

/**
 * Waits until the address answers 200 by https, its certificate verified against the edge's own CA.
 * @param seconds default 60
 * @throws Error with the last answer when the time is over
 */
export async function answers(engine: Docker, { url, edge }: Address, stop: AbortSignal, seconds = 60): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  let ca: string | undefined;
  for (;;) {
    stop.throwIfAborted();
    let last: string;
    try {
      ca ??= await certificate(engine, edge);
      const status = await statusOf(new URL(url), ca);
      if (status === 200) return;
      last = `status ${status}`;
    } catch (error) {
      last = error instanceof Error ? error.message : String(error);
    }
    if (performance.now() > deadline) throw new Error(`${url} does not answer 200 within ${seconds} s; last: ${last}`);
    await pause(50);
  }
}

async function certificate(engine: Docker, edge: string): Promise<string> {
  const found = await readFirstFile(await engine.getContainer(edge).getArchive({ path: internalRoot }));
  if (found === undefined) throw new Error(`${edge} has no CA`);
  return found;
}

/** On the host itself: the name resolves to loopback everywhere, but not every resolver knows that (RFC 6761). */
function statusOf({ hostname, port, pathname, host }: URL, ca: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      host: "127.0.0.1",
      port,
      path: pathname,
      servername: hostname,
      headers: { host },
      ca,
      agent: false,
      timeout: 2_000,
    };
    const call = request(options, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode));
    });
    call.on("timeout", () => call.destroy(new Error("no answer within 2 s")));
    call.on("error", reject);
    call.end();
  });
}
