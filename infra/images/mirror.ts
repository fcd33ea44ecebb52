/** Parts' images in a repository of the user's own, where others may not be asked as often as tasks ask. */
import type Docker from "dockerode";
import { messageOf } from "../../components/steps/failure.ts";
import type { PartName } from "./catalog.ts";
import { parseReference, pinnedName, type RegistryCredentials } from "./reference.ts";
import { digestOf } from "./registry.ts";
import type { ImageRef } from "./resolve.ts";

const letters = 12;

/** What a part is called there: by the digest that it has where it comes from, which a push does not keep. Pure. */
export function mirrorTag(part: string, { name, digest }: Pick<ImageRef, "name" | "digest">): string {
  if (digest === undefined) throw new Error(`${name} has no digest: it is in no registry`);
  return `${part}-${digest.slice("sha256:".length, "sha256:".length + letters)}`;
}

/** What puts one there. Pure. */
export function mirrorCommand(repository: string, part: string, image: ImageRef): string {
  const to = `${repository}:${mirrorTag(part, image)}`;
  return `docker pull ${image.name} && docker tag ${image.name} ${to} && docker push ${to}`;
}

/**
 * The parts as that repository has them, pinned by its own digests.
 * @throws Error with the commands that put the missing ones there
 */
export async function mirrored(
  engine: Docker,
  repository: string,
  parts: Readonly<Partial<Record<PartName, ImageRef>>>,
  credentials: RegistryCredentials,
): Promise<Readonly<Partial<Record<PartName, string>>>> {
  const looked = await Promise.all(
    Object.entries(parts).map(async ([part, image]) => {
      const reference = parseReference(`${repository}:${mirrorTag(part, image)}`);
      try {
        return { part, name: pinnedName(reference, await digestOf(engine, reference, credentials)) };
      } catch (error) {
        if (!isMissing(messageOf(error))) throw error;
        return { part, missing: mirrorCommand(repository, part, image) };
      }
    }),
  );
  const missing = looked.flatMap((each) => each.missing ?? []);
  if (missing.length > 0)
    throw new Error(`slipway:aws.parts: ${repository} lacks images of parts\n  mend: ${missing.join("\n  mend: ")}`);
  return Object.fromEntries(looked.flatMap(({ part, name }) => (name === undefined ? [] : [[part, name]])));
}

/** In the registry's own words, whoever it is. */
function isMissing(why: string): boolean {
  return /manifest unknown|not found|name unknown/i.test(why) && !/unauthorized|denied|no basic auth/i.test(why);
}
