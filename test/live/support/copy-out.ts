import { execFileSync } from "node:child_process";
import { buffer } from "node:stream/consumers";
import { engine } from "./host.ts";

/** `docker cp`: a file or folder of a container below a folder of this machine. */
export async function copyOut(container: string, path: string, to: string): Promise<void> {
  const archive = await engine.getContainer(container).getArchive({ path });
  execFileSync("tar", ["-C", to, "--no-same-owner", "-xf", "-"], { input: await buffer(archive) });
}
