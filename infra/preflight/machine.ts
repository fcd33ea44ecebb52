import { statfs } from "node:fs/promises";
import type Docker from "dockerode";
import type { Place } from "../../components/container/spec.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { withSession } from "../../components/steps/session.ts";
import type { Settings } from "../config/settings.ts";
import { resolvePart } from "../images/resolve.ts";
import { type Holder, listeningInodes, portHolder } from "./ports.ts";

/** What the engine does not tell of the machine that it runs on. */
export interface Machine {
  /** @param rootDir where the engine keeps its data */
  freeBytes(rootDir: string): Promise<number>;
  /** Who listens on a port; undefined when nobody does. */
  holderOf(port: number): Holder | undefined;
}

/** The machine of an engine's URL: this one for a local socket, else the other one, seen from inside a container there. */
export async function machineOf(
  { host, place }: { readonly host: string; readonly place: Place },
  engine: Docker,
  runner: Runner,
  { images, registries }: Settings,
): Promise<Machine> {
  if (host.startsWith("unix:")) return { freeBytes, holderOf: portHolder };
  const credentials = Object.fromEntries(
    Object.entries(registries).map(([name, { username, password }]) => [name, { username, password: password.secret }]),
  );
  // The smallest image; the system needs it anyway.
  const say = (line: string) => console.error(line.slice(0, 120));
  const { id } = await resolvePart(engine, "curl", images, { credentials, say });
  return otherMachine(runner, place, id);
}

/** Docker Desktop keeps its data inside a virtual machine that we do not see: the nearest folder that exists here answers instead. */
async function freeBytes(rootDir: string): Promise<number> {
  for (const path of [rootDir, "/"]) {
    const found = await statfs(path).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
  }
  return 0;
}

/** A container's root lies where the engine keeps its data, and on the host's network it sees the host's sockets; it is removed again. */
export async function otherMachine(runner: Runner, place: Place, image: string): Promise<Machine> {
  const request = { image, user: "65534:65534", env: {}, mounts: [], network: "host", memoryMb: 64 } as const;
  return withSession(runner, place, "preflight", request, async (session) => {
    const disk = await session.must("the host's free disk", { argv: ["df", "-Pk", "/"] });
    const tables = await session.must("the host's ports", { argv: ["sh", "-c", "cat /proc/net/tcp /proc/net/tcp6"] });
    return {
      freeBytes: async () => availableBytes(disk),
      holderOf: (port) => (listeningInodes(tables, port).length === 0 ? undefined : unseen),
    };
  });
}

/** Its process is in no container of ours. */
const unseen: Holder = { words: "a process of that host", container: undefined, hidden: true };

/** What `df -Pk` says of one file system; pure. */
export function availableBytes(table: string): number {
  const fields = table.trim().split("\n").at(-1)?.trim().split(/\s+/) ?? [];
  const available = Number(fields[3]);
  if (!Number.isInteger(available)) throw new Error(`df says nothing of the host's free disk: ${table.trim()}`);
  return available * 1024;
}
