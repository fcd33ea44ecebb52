/**
 * A build context as plain data: what is sent to the engine, and the hash that names the image. Neither knows the
 * checkout's absolute path, times, owners or umask, so that two clones of one commit give one name.
 */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { isIgnored, parseIgnore, takesAnythingBack } from "./ignore.ts";

export type ContextEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      readonly mode: number;
      readonly size: number;
      readonly sha256: string;
    }
  | { readonly kind: "link"; readonly path: string; readonly target: string };

export interface BuildRecipe {
  readonly entries: readonly ContextEntry[];
  /** Path of the Dockerfile within the context. */
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly args: Readonly<Record<string, string>>;
  /** Id of the image the Dockerfile starts from, where it is known before the build. */
  readonly baseImageId: string | undefined;
}

/** Lists a context sorted by path, without what .dockerignore names and without .git, which differs in every clone. */
export async function listContext(root: string, dockerfile: string): Promise<readonly ContextEntry[]> {
  const rules = parseIgnore(await readIgnore(root));
  const walkIgnored = takesAnythingBack(rules);
  // The engine reads these two from the context even when they are ignored, as the docker command sends them.
  const always = new Set([dockerfile, ".dockerignore"]);
  const entries: ContextEntry[] = [];
  const walk = async (folder: string): Promise<void> => {
    for (const child of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? child.name : `${folder}/${child.name}`;
      if (path === ".git") continue;
      const ignored = isIgnored(rules, path) && !always.has(path);
      if (child.isDirectory()) {
        const holdsDockerfile = dockerfile.startsWith(`${path}/`);
        if (!ignored || walkIgnored || holdsDockerfile) await walk(path);
      } else if (!ignored) {
        if (child.isSymbolicLink()) entries.push({ kind: "link", path, target: await readlink(join(root, path)) });
        if (child.isFile()) entries.push(await fileEntry(root, path));
      }
    }
  };
  await walk("");
  return entries.sort((a, b) => (a.path < b.path ? -1 : 1));
}

async function readIgnore(root: string): Promise<string> {
  try {
    return await readFile(join(root, ".dockerignore"), "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return "";
    throw error;
  }
}

async function fileEntry(root: string, path: string): Promise<ContextEntry> {
  const { mode, size } = await lstat(join(root, path));
  const hash = createHash("sha256");
  await pipeline(createReadStream(join(root, path)), hash);
  return { kind: "file", path, mode: portableMode(mode), size, sha256: hash.digest("hex") };
}

/** git keeps nothing of a mode but whether the owner may execute; the rest is the clone's umask. */
export function portableMode(mode: number): number {
  return (mode & 0o100) === 0 ? 0o644 : 0o755;
}

/** The hash (64 hex digits) of everything that decides what a build makes. Pure. */
export function recipeHash(recipe: BuildRecipe): string {
  const entries = [...recipe.entries].sort((a, b) => (a.path < b.path ? -1 : 1)).map(fingerprint);
  const args = Object.entries(recipe.args).sort(([a], [b]) => (a < b ? -1 : 1));
  const said = ["slipway-build-1", recipe.dockerfile, recipe.target ?? null, args, recipe.baseImageId ?? null, entries];
  return createHash("sha256").update(JSON.stringify(said)).digest("hex");
}

function fingerprint(entry: ContextEntry): readonly (string | number)[] {
  switch (entry.kind) {
    case "file":
      return ["file", entry.path, entry.mode, entry.sha256];
    case "link":
      return ["link", entry.path, entry.target];
  }
}

/** The tag of a built image: `slipway/<name>:<first 12 hex digits of the hash>`. */
export function builtTag(name: string, hash: string): string {
  return `slipway/${name}:${hash.slice(0, 12)}`;
}
