import { isIPv4 } from "node:net";
import type { z } from "zod";
import { isHostName, secretText, text } from "../options/kinds.ts";
import { mapOf, optional, required, section, withDefault } from "../options/option.ts";
import { everywhere, inProduction, type Rule } from "../options/rule.ts";
import type { Secret } from "../options/secret.ts";

const name = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const referencePattern = new RegExp(
  `^(?:[a-zA-Z0-9.-]+(?::\\d+)?/)?${name}(?:/${name})*(?=[:@])(?::\\w[\\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?$`,
);

const reference = text((value) => referencePattern.test(value), {
  allowed: "repository:tag, or repository:tag@sha256: with 64 hex digits",
  example: `registry.example.com/tmws:2.4.0@sha256:${"0123456789abcdef".repeat(4)}`,
  ask: "<repository:tag@sha256:digest>",
});

const hasDigest = (ref: string) => /@sha256:[0-9a-f]{64}$/.test(ref);

const isPath = (value: string) => /^[^\0\s][^\0]*$/.test(value);
const contextPath = text(isPath, {
  allowed: "a path, seen from the folder of Pulumi.yaml",
  example: "test/workloads/tmws",
});
const dockerfilePath = text(isPath, { allowed: "a path, seen from image.build.context", example: "Dockerfile" });

const commit = text((value) => /^[0-9a-f]{7,40}$/.test(value), {
  allowed: "a commit id of 7 to 40 hex digits",
  example: "0a1b2c3",
  ask: "<commit id>",
});

const word = text((value) => /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(value), { allowed: "a name", example: "production" });
const argumentName = text((value) => /^[A-Za-z_][A-Za-z0-9_]*$/.test(value), {
  allowed: "a name of letters, digits and _",
  example: "VERSION",
});
const argumentValue = text(() => true, {
  allowed: "a text; never a secret, it stays readable in the image",
  example: "2.4.0",
  ask: "<value>",
});

/** The application's image: built here, or taken by reference; exactly one of `build` and `ref`. */
export const imageOptions = section({
  build: section({
    context: required("Folder of the source code the image is built from.", contextPath),
    dockerfile: withDefault("Dockerfile of the image.", dockerfilePath, "Dockerfile"),
    target: optional("Stage of the Dockerfile to build.", word, "the last stage"),
    args: mapOf("Build arguments.", argumentName, required("Value of the build argument.", argumentValue)),
  }).optional(),
  ref: optional("Image to take from a registry; production wants it by digest.", reference, "none, see image.build"),
  commit: optional("Commit the image was made from; recorded with the release.", commit, "unknown"),
});

type ImageInput = z.output<typeof imageOptions>;

export interface Build {
  /** Folder, relative to the checkout or absolute. */
  readonly context: string;
  readonly dockerfile: string;
  readonly target?: string;
  readonly args: Readonly<Record<string, string>>;
}

/** Which image runs. A build is named by its content after building, a reference by its digest. */
export type Image =
  | { readonly kind: "build"; readonly build: Build; readonly commit?: string }
  | { readonly kind: "ref"; readonly ref: string; readonly commit?: string }
  /** Whatever the proof names that this stack is promoted by. */
  | { readonly kind: "proved"; readonly commit?: string };

/** The choice made explicit; `imageRules` has seen to it that exactly one is there, or none because a proof brings it. */
export function imageOf({ build, ref, commit }: ImageInput): Image {
  const made = commit === undefined ? {} : { commit };
  if (ref !== undefined) return { kind: "ref", ref, ...made };
  if (build === undefined) return { kind: "proved", ...made };
  const { target, ...rest } = build;
  return { kind: "build", build: { ...rest, ...(target !== undefined && { target }) }, ...made };
}

const choices = [["build"], ["ref"]];

export const imageRules: readonly Rule<ImageInput>[] = [
  {
    in: everywhere,
    allowed: "exactly one of image.build and image.ref",
    reads: choices,
    breaks: ({ build, ref }) => (build === undefined && ref === undefined ? [[]] : []),
    remedy: () => [{ set: ["ref"] }],
  },
  {
    in: everywhere,
    allowed: "exactly one of image.build and image.ref",
    reads: choices,
    breaks: ({ build, ref }) => (build !== undefined && ref !== undefined ? [["build"]] : []),
    remedy: () => [{ remove: ["build"] }],
  },
  {
    in: inProduction,
    allowed: "no build in production: it takes the image that staging proved, by digest, in image.ref",
    reads: choices,
    breaks: ({ build, ref }) => (build !== undefined && ref === undefined ? [["build"]] : []),
    remedy: () => [{ remove: ["build"] }, { set: ["ref"] }],
  },
  {
    in: inProduction,
    allowed:
      "in production an image by digest, repository:tag@sha256: with 64 hex digits: a tag can be moved to another image",
    breaks: ({ ref }) => (ref !== undefined && !hasDigest(ref) ? [["ref"]] : []),
  },
];

const hostAndPort = /^([a-z0-9.-]+?)(?::\d{1,5})?$/;

/** `ghcr.io`, `registry.acme.dev:5000`, `localhost:5000`, `127.0.0.1:5000`: what stands before the first slash of an image. */
function isRegistry(value: string): boolean {
  const host = hostAndPort.exec(value)?.[1] ?? "";
  return isHostName(host) || host === "localhost" || isIPv4(host);
}

const registryHost = text(isRegistry, {
  allowed: "a registry's host or host:port in lower case, without https:// and without a path",
  example: "ghcr.io",
});

const userName = text((value) => /^\S+$/.test(value), {
  allowed: "a user name without spaces",
  example: "robot",
  ask: "<user name>",
});
const registryPassword = secretText((value) => /^\S{8,}$/.test(value), {
  allowed: "a password or token of 8 characters or more without spaces, not all the same",
  example: "a-Token-0",
});

/** Who asks for images at which registry. */
export const registriesOption = mapOf(
  "Registries that want a login, by host.",
  registryHost,
  section({
    username: required("User at the registry.", userName),
    password: required("Password or access token at the registry.", registryPassword),
  }),
);

export interface Registry {
  readonly username: string;
  readonly password: Secret;
}
