import type Docker from "dockerode";
import { keptOf } from "../../components/container/engine-api.ts";
import { label } from "../../components/container/spec.ts";
import type { Kept } from "../../components/container/upkeep.ts";
import { readFiles } from "../../components/steps/archive.ts";
import { statusOf } from "../../components/steps/docker-runner.ts";

/** One container of the stack, as it is. */
export interface FoundContainer extends Kept {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** What is on the host of a stack that was launched. Read-only. */
export interface Found {
  readonly containers: readonly FoundContainer[];
  /** Of the volumes that hold rendered files: texts by path, by volume. */
  readonly files: ReadonlyMap<string, ReadonlyMap<string, string>>;
}

export const nothingFound: Found = { containers: [], files: new Map() };

/** Volumes that hold what Slipway renders, and nothing else. */
const rendered = /_([a-z]+-config|trust)$/;

/** What the engine has of a stack, by label, with the rendered files on its volumes; reads alone, also in a preview. */
export async function findStack(engine: Docker, stack: string): Promise<Found> {
  const listed = await list(engine, stack);
  const [containers, files] = await Promise.all([inspected(engine, listed), findFiles(engine, listed)]);
  return { containers, files };
}

/** The same without what is on the volumes, which is an archive to read for each. */
export async function findContainers(engine: Docker, stack: string): Promise<Found["containers"]> {
  return inspected(engine, await list(engine, stack));
}

function list(engine: Docker, stack: string): Promise<Docker.ContainerInfo[]> {
  return engine.listContainers({ all: true, filters: { label: [`${label.stack}=${stack}`] } });
}

async function inspected(engine: Docker, listed: readonly Docker.ContainerInfo[]): Promise<Found["containers"]> {
  const found = await Promise.all(listed.map(({ Id, Labels }) => findContainer(engine, Id, Labels)));
  return found.flat();
}

/** Nothing for one that went while we looked: a step's own, which is there for a moment. */
async function findContainer(engine: Docker, id: string, labels: FoundContainer["labels"]): Promise<FoundContainer[]> {
  try {
    const found = await engine.getContainer(id).inspect();
    return [{ id, name: found.Name.replace(/^\//, ""), labels, ...keptOf(found) }];
  } catch (error) {
    if (statusOf(error) === 404) return [];
    throw error;
  }
}

/** Read through the part that mounts the volume, which need not run. */
async function findFiles(engine: Docker, listed: readonly Docker.ContainerInfo[]): Promise<Found["files"]> {
  const mounts = listed
    .filter(({ Labels }) => Labels[label.role] === "part")
    .flatMap(({ Id, Mounts }) => Mounts.map(({ Name = "", Destination }) => ({ Id, Name, Destination })))
    .filter(({ Name }) => rendered.test(Name));
  const found = mounts.map(async ({ Id, Name, Destination }) => {
    const archive = await engine.getContainer(Id).getArchive({ path: Destination });
    return [Name, await readFiles(archive)] as const;
  });
  return new Map(await Promise.all(found));
}
