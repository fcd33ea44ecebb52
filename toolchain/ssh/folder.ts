import { lstatSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { isSsh, parseSshUrl, type SshAddress, tunnelFolders, tunnelSocket } from "./address.ts";

/** The folder of this end: one that is this user's alone, or is not there yet. @throws Error in words for the user */
export function tunnelFolder(address: SshAddress): string {
  const folders = tunnelFolders(address, ownUid());
  const found = folders.find((folder) => isOurs(folder) !== false);
  if (found !== undefined) return found;
  throw new Error(
    `${address.url}: both ${folders.join(" and ")} are there and not this user's alone, so nothing is put into them. Mend: sudo rm -r ${folders[1]}`,
  );
}

/** The folder, made when it is not there. */
export async function madeTunnelFolder(address: SshAddress): Promise<string> {
  for (let folder = tunnelFolder(address); ; folder = tunnelFolder(address)) {
    if (isOurs(folder) === true) return folder;
    try {
      await mkdir(folder, { mode: 0o700 });
    } catch (error) {
      // Somebody was quicker: looked at again, like any that was there before.
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }
}

/** Where an engine's client connects to for the engine at a URL: this end of the connection for an ssh URL, else the URL itself. */
export function localEnd(url: string): string {
  return isSsh(url) ? `unix://${tunnelSocket(tunnelFolder(parseSshUrl(url)))}` : url;
}

/** Undefined when nothing is there. A link or a folder that others may enter is not ours, whoever made it. */
function isOurs(folder: string): boolean | undefined {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return undefined;
  return found.isDirectory() && found.uid === ownUid() && (found.mode & 0o077) === 0;
}

function ownUid(): number {
  return process.getuid?.() ?? 0;
}
