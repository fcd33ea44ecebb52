import { statfs } from "node:fs/promises";
import type Docker from "dockerode";
import { label, type Place } from "../../components/container/spec.ts";
import type { HostFacts } from "./judge.ts";
import { portHolder } from "./ports.ts";

const gigabyte = 1024 ** 3;

/** Reads the facts of the host that Docker runs on. Changes nothing, so that a preview may do it too. */
export async function observeHost(engine: Docker, place: Place, ports: readonly number[]): Promise<HostFacts> {
  const info = await engine.info();
  const ownEdge = await engine.listContainers({
    filters: { label: [`${label.stack}=${place.stack}`, `${label.part}=edge`] },
  });
  return {
    cores: info.NCPU,
    // What a 4 GB machine reports is a little less than 4.
    memoryGb: Math.round((info.MemTotal / gigabyte) * 10) / 10,
    diskGb: Math.floor(await freeBytes(info.DockerRootDir) / gigabyte),
    docker: info.ServerVersion,
    heldPorts: ownEdge.length > 0 ? [] : ports.flatMap((port) => held(port)),
  };
}

/** Docker Desktop keeps its data inside a virtual machine that we do not see: the nearest folder that exists here answers instead. */
async function freeBytes(rootDir: string): Promise<number> {
  for (const path of [rootDir, "/"]) {
    const found = await statfs(path).catch(() => undefined);
    if (found !== undefined) return found.bavail * found.bsize;
  }
  return 0;
}

function held(port: number): { port: number; holder: string }[] {
  const holder = portHolder(port);
  return holder === undefined ? [] : [{ port, holder }];
}
