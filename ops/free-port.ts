import { randomInt } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that a kernel gives to whoever asks for any (Linux: from 32768): one of those is somebody's before it is used. */
const from = 20_000;
const to = 32_000;
const tries = 50;

/** A port of this machine's loopback that nobody listens on. @throws Error in words when there is none */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < tries; tried++) {
    const port = randomInt(from, to);
    if (await isFree(port)) return port;
  }
  throw new Error(`this machine has no free port between ${from} and ${to}: stop something that listens there`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, "127.0.0.1");
    await once(server, "listening");
    return true;
  } catch {
    return false;
  } finally {
    server.close();
  }
}
