/** Which commit a build context is at. */
import { messageOf } from "../../components/steps/failure.ts";
import { succeed } from "../../toolchain/command.ts";

/**
 * The commit of the checkout a folder lies in, with `-dirty` when the folder differs from it; undefined where there is no
 * git, no repository or no commit yet.
 */
export async function commitOf(
  folder: string,
  say: (line: string) => void = () => undefined,
): Promise<string | undefined> {
  const git = async (...args: string[]) => (await succeed("git", ["-C", folder, ...args])).trim();
  try {
    const commit = await git("rev-parse", "--verify", "HEAD");
    const changes = await git("status", "--porcelain", "--", ".");
    return changes === "" ? commit : `${commit}-dirty`;
  } catch (error) {
    say(`no commit is recorded for ${folder}: ${messageOf(error).split("\n").at(-1)}`);
    return undefined;
  }
}
