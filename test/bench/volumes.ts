import { buffer } from "node:stream/consumers";
import type Docker from "dockerode";
import { type Inspected, renderedVolumes } from "./compose-file.ts";

/** The rendered files of one volume, with owners and modes. */
export interface RenderedFiles {
  readonly volume: string;
  readonly tar: Buffer;
}

/** Reads what Slipway rendered for its containers (proxy configs, socket folders), while they run. */
export function readRendered(engine: Docker, containers: readonly Inspected[]): Promise<readonly RenderedFiles[]> {
  return Promise.all(
    renderedVolumes(containers).map(async ({ volume, container, path }) => {
      const archive = await engine.getContainer(container).getArchive({ path: `${path}/.` });
      return { volume, tar: await buffer(archive) };
    }),
  );
}

/** Fills fresh volumes with them, as config files lie ready beside a compose file. Answers volume of the stack -> fresh volume. */
export async function fillVolumes(
  engine: Docker,
  prefix: string,
  image: string,
  files: readonly RenderedFiles[],
): Promise<Readonly<Record<string, string>>> {
  const filled: Record<string, string> = {};
  for (const { volume, tar } of files) {
    const name = `${prefix}-${volume}`;
    await engine.createVolume({ Name: name });
    filled[volume] = name;
    await writeVolume(engine, name, image, tar);
  }
  return filled;
}

/** Puts files into a volume. @param image of any kind: nothing of it runs */
export async function writeVolume(engine: Docker, name: string, image: string, tar: Buffer): Promise<void> {
  const HostConfig = { Mounts: [{ Type: "volume" as const, Source: name, Target: "/volume" }] };
  const writer = await engine.createContainer({ Image: image, Cmd: ["true"], HostConfig });
  try {
    await writer.putArchive(tar, { path: "/volume" });
  } finally {
    await writer.remove();
  }
}

/** A volume that is gone is fine. */
export async function removeVolumes(engine: Docker, prefix: string): Promise<void> {
  const { Volumes } = await engine.listVolumes({ filters: { name: [prefix] } });
  for (const { Name } of Volumes.filter((each) => each.Name.startsWith(`${prefix}-`)))
    await engine.getVolume(Name).remove();
}
