import { statfs } from "node:fs/promises";
import type { Place } from "../../components/container/spec.ts";
import type { Runner } from "../../components/steps/runner.ts";
import { withSession } from "../../components/steps/session.ts";
import type { ImageRef } from "../images/resolve.ts";
import { type Holder, listeningInodes, type Protocol, portHolder } from "./ports.ts";

/** What the engine does not tell of the machine that it runs on. */
export interface Machine {
  /** @param rootDir where the engine keeps its data */
  freeBytes(rootDir: string): Promise<number>;
  /** Who listens on a port; undefined when nobody does. @param protocol tcp when not said */
  holderOf(port: number, protocol?: Protocol): Holder | undefined;
}

/** The machine of an engine's URL: this one for a local socket, else the other one, seen from inside a container there. */
export async function machineOf(
  { host, place }: { readonly host: string; readonly place: Place },
  runner: Runner,
  probeImage: () => Promise<ImageRef>,
): Promise<Machine> {
  if (host.startsWith("unix:")) return { freeBytes, holderOf: portHolder };
  return otherMachine(runner, place, (await probeImage()).id);
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
    const tables = await session.must("the host's ports", { argv: ["sh", "-c", listTables] });
    return {
      freeBytes: async () => availableBytes(disk),
      holderOf: (port, protocol = "tcp") =>
        listeningInodes(tableOf(tables, protocol), port, protocol).length === 0 ? undefined : unseen,
    };
  });
}

/** Those with a 6 are not there on a kernel without IPv6. */
const listTables =
  "cat /proc/net/tcp && { cat /proc/net/tcp6 2>/dev/null || true; } && echo udp && cat /proc/net/udp && { cat /proc/net/udp6 2>/dev/null || true; }";

function tableOf(tables: string, protocol: Protocol): string {
  const [tcp = "", udp = ""] = tables.split(/^udp$/m);
  return protocol === "tcp" ? tcp : udp;
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
