/** Which commit a build context is at. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { messageOf } from "../../components/steps/failure.ts";

const run = promisify(execFile);

/**
 * The commit of the checkout a folder lies in, with `-dirty` when the folder differs from it; undefined where there is no
 * git, no repository or no commit yet.
 */
export async function commitOf(
  folder: string,
  say: (line: string) => void = () => undefined,
): Promise<string | undefined> {
  const git = async (...args: string[]) => (await run("git", ["-C", folder, ...args])).stdout.trim();
  try {
    const commit = await git("rev-parse", "--verify", "HEAD");
    const changes = await git("status", "--porcelain", "--", ".");
    return changes === "" ? commit : `${commit}-dirty`;
  } catch (error) {
    say(`no commit is recorded for ${folder}: ${messageOf(error).split("\n").at(-1)}`);
    return undefined;
  }
}
