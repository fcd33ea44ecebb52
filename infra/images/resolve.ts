/**
 * Image references, resolved before any Pulumi resource and in preview too: the program's containers get an id, never a
 * tag. Nothing here reads the stack's config; a flavour is never mixed with the other.
 */
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type Docker from "dockerode";
import { BASE_IMAGE, MAKE_BASE_IMAGE } from "./base-image.ts";
import { builtName, ensureBuilt, type Say } from "./build.ts";
import { CATALOG, type Flavour, type PartName } from "./catalog.ts";
import { imageId } from "./engine.ts";
import { commitOf } from "./git.ts";
import { parseReference, pinnedName, type RegistryCredentials } from "./reference.ts";
import { digestOf, ensurePulled } from "./registry.ts";

const CHECKOUT = fileURLToPath(new URL("../../", import.meta.url));

export interface ImageRef {
  /** `slipway/<name>:<hash>` when built, `repository:tag@sha256:...` when pulled. */
  readonly name: string;
  /** The image's id in this engine, sha256:... */
  readonly id: string;
  /** The registry's digest; undefined when built here. */
  readonly digest: string | undefined;
}

export interface ApplicationImage extends ImageRef {
  /** Commit of the build context, `-dirty` when it has changes; undefined when pulled or without git. */
  readonly commit: string | undefined;
}

export type ApplicationSource =
  | {
      readonly build: {
        /** Folder, absolute or relative to the checkout. */
        readonly context: string;
        readonly dockerfile?: string | undefined;
        readonly target?: string | undefined;
        readonly args?: Readonly<Record<string, string>> | undefined;
      };
    }
  | { readonly ref: string };

export interface ResolveOptions {
  /** @default none */
  readonly credentials?: RegistryCredentials | undefined;
  /** Takes lines of progress. @default silent */
  readonly say?: Say | undefined;
}

export interface PartOptions extends ResolveOptions {
  /** Digest of the official image that an earlier run settled on; a moved tag then changes nothing. @default asked now */
  readonly pinned?: string | undefined;
}

/**
 * The image of one part in one flavour, built or pulled when the engine lacks it.
 * @throws Error when the base image is missing, a build fails or the registry does not hand the image out.
 */
export async function resolvePart(
  engine: Docker,
  part: PartName,
  flavour: Flavour,
  options: PartOptions = {},
): Promise<ImageRef> {
  const { credentials = {}, say = silent, pinned } = options;
  switch (flavour) {
    case "official": {
      const { official } = CATALOG[part];
      if (official === undefined) return built(engine, ownPart(part), say);
      return resolvePulled(engine, withDigest(official, pinned), credentials, say);
    }
    case "debian":
      return built(engine, await debianPart(engine, part), say);
  }
}

async function built(engine: Docker, wanted: Parameters<typeof ensureBuilt>[1], say: Say): Promise<ImageRef> {
  const { tag, id } = await ensureBuilt(engine, wanted, say);
  return { name: tag, id, digest: undefined };
}

/** What a part's image is called in this checkout, before it is built or pulled: without a digest where only a registry knows it. */
export async function nameOfPart(engine: Docker, part: PartName, flavour: Flavour): Promise<string> {
  if (flavour === "debian") return builtName(await debianPart(engine, part));
  return CATALOG[part].official ?? builtName(ownPart(part));
}

/** A part without an official image, on the Debian that its Dockerfile names. */
function ownPart(part: PartName) {
  return { name: part, context: resolve(CHECKOUT, CATALOG[part].context), args: {}, baseImageId: undefined };
}

async function debianPart(engine: Docker, part: PartName) {
  const context = resolve(CHECKOUT, CATALOG[part].context);
  return { name: part, context, args: { BASE_IMAGE }, baseImageId: await requireBase(engine) };
}

/**
 * The image of a system's own application: built as `slipway/<system>:<hash>`, or pulled by reference. With the debian
 * flavour, and only then, a build gets the build argument BASE_IMAGE (unless it sets its own).
 */
export async function resolveApplication(
  engine: Docker,
  system: string,
  source: ApplicationSource,
  flavour: Flavour,
  options: ResolveOptions = {},
): Promise<ApplicationImage> {
  const { credentials = {}, say = silent } = options;
  if ("ref" in source) {
    return { ...(await resolvePulled(engine, source.ref, credentials, say)), commit: undefined };
  }
  const { dockerfile, target, args = {} } = source.build;
  const context = resolve(CHECKOUT, source.build.context);
  const debian = flavour === "debian";
  const wanted = {
    name: system,
    context,
    dockerfile,
    target,
    args: debian ? { BASE_IMAGE, ...args } : args,
    baseImageId: debian ? await requireBase(engine) : undefined,
  };
  const { tag, id } = await ensureBuilt(engine, wanted, say);
  return { name: tag, id, digest: undefined, commit: await commitOf(context, say) };
}

async function resolvePulled(
  engine: Docker,
  text: string,
  credentials: RegistryCredentials,
  say: Say,
): Promise<ImageRef> {
  const reference = parseReference(text);
  const digest = await digestOf(engine, reference, credentials);
  const id = await ensurePulled(engine, reference, digest, credentials, say);
  return { name: pinnedName(reference, digest), id, digest };
}

async function requireBase(engine: Docker): Promise<string> {
  const id = await imageId(engine, BASE_IMAGE);
  if (id !== undefined) return id;
  throw new Error(
    `images is "debian", but this Docker engine has no ${BASE_IMAGE} to build on. Make it once: npm start, or ${MAKE_BASE_IMAGE}`,
  );
}

function withDigest(name: string, digest: string | undefined): string {
  return digest === undefined ? name : `${name}@${digest}`;
}

function silent(): undefined {
  return undefined;
}
