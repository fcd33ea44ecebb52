/** Asks a registry, through the engine, which bytes a tag means, and pulls exactly those. */
import { setTimeout as pause } from "node:timers/promises";
import type Docker from "dockerode";
import { messageOf } from "../../components/steps/failure.ts";
import { follow, imageId } from "./engine.ts";
import { authFor, pinnedName, type Reference, type RegistryCredentials } from "./reference.ts";

/**
 * The digest a reference means: its own, or what the registry says of its tag now.
 * @throws Error that tells a registry that does not answer from one that refuses.
 */
export async function digestOf(
  engine: Docker,
  reference: Reference,
  credentials: RegistryCredentials,
): Promise<string> {
  if (reference.digest !== undefined) return reference.digest;
  const name = `${reference.repository}:${reference.tag}`;
  const authconfig = authFor(reference, credentials);
  try {
    const question = engine.getImage(name).distribution(authconfig === undefined ? {} : { authconfig });
    const answer = await within(digestSeconds, question);
    return answer.Descriptor.digest;
  } catch (error) {
    throw new Error(registryFailure(name, reference.registry, messageOf(error), authconfig !== undefined), {
      cause: error,
    });
  }
}

const digestSeconds = 30;
const answerSeconds = 60;

/** (m) The engine itself waits without end for a registry that takes the connection and says nothing. */
async function within<T>(seconds: number, work: Promise<T>): Promise<T> {
  const limit = new AbortController();
  try {
    const late = pause(seconds * 1000, undefined, { signal: limit.signal, ref: false }).then((): never => {
      throw new Error(`no answer within ${seconds} s`);
    });
    // The one that loses must not end the process as an unhandled rejection.
    late.catch(() => undefined);
    return await Promise.race([work, late]);
  } finally {
    limit.abort();
  }
}

/** Pulls `repository@digest` when the engine lacks it. @returns the image's id (sha256:...). */
export async function ensurePulled(
  engine: Docker,
  reference: Reference,
  digest: string,
  credentials: RegistryCredentials,
  say: (line: string) => void,
): Promise<string> {
  const byDigest = `${reference.repository}@${digest}`;
  const present = await imageId(engine, byDigest);
  if (present !== undefined) return present;
  say(`pulling ${pinnedName(reference, digest)}`);
  const authconfig = authFor(reference, credentials);
  const failed = (why: string, cause: unknown) =>
    new Error(registryFailure(byDigest, reference.registry, why, authconfig !== undefined), { cause });
  let failure: string | undefined;
  try {
    const wanted = { fromImage: reference.repository, tag: digest };
    const pull = authconfig === undefined ? engine.createImage(wanted) : engine.createImage(authconfig, wanted);
    const stream = await within(answerSeconds, pull);
    failure = await follow(engine, stream, ({ id, status }) => {
      if (id !== undefined && status === "Pull complete") say(`  ${id} pulled`);
    });
  } catch (error) {
    throw failed(messageOf(error), error);
  }
  if (failure !== undefined) throw failed(failure, undefined);
  const pulled = await imageId(engine, byDigest);
  if (pulled === undefined) throw failed("the pull ended without an image", undefined);
  return pulled;
}

/** Words a registry itself uses when it refuses; everything else is a registry that was not reached. */
const REFUSALS =
  /unauthorized|authentication required|no basic auth credentials|access.*denied|^denied|manifest unknown|not found|toomanyrequests/i;

/** Whether an engine's error text comes from a registry that was reached. Pure. */
export function isRefusal(why: string): boolean {
  return REFUSALS.test(why) && !/no such host|lookup /i.test(why);
}

/** The error text of a digest or pull that failed. Pure. */
export function registryFailure(name: string, registry: string, why: string, loggedIn: boolean): string {
  if (!isRefusal(why)) {
    return (
      `the registry ${registry} does not answer this Docker engine, so ${name} cannot be had: ${why}\n` +
      "For parts built on this machine instead: pulumi config set slipway:images debian"
    );
  }
  const login = loggedIn ? "with the credentials of the stack config" : "without credentials";
  return (
    `the registry ${registry} refuses ${name} ${login}: ${why}\n` +
    `Check the name and tag; for a private registry: pulumi config set --secret --path 'slipway:registries["${registry}"].password' <password>`
  );
}
