/** Asks a registry, through the engine, which bytes a tag means, and pulls exactly those. */
import type Docker from "dockerode";
import { messageOf } from "../../components/steps/failure.ts";
import { distribution, follow, imageId } from "./engine.ts";
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
    const answer = await within(digestSeconds, (abortSignal) =>
      distribution(engine, name, { authconfig, abortSignal }),
    );
    return answer.Descriptor.digest;
  } catch (error) {
    throw new Error(registryFailure(name, reference.registry, messageOf(error), authconfig !== undefined), {
      cause: error,
    });
  }
}

const digestSeconds = 30;
const answerSeconds = 60;

/**
 * (m) The engine itself waits without end for a registry that takes the connection and says nothing, and the program could not end while it is
 * being asked: so the question is taken back.
 */
async function within<T>(seconds: number, ask: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const timer = setTimeout(() => limit.abort(), seconds * 1000);
  try {
    return await ask(limit.signal);
  } catch (error) {
    if (limit.signal.aborted) throw new Error(`no answer within ${seconds} s`, { cause: error });
    throw error;
  } finally {
    clearTimeout(timer);
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
    const stream = await within(answerSeconds, (abortSignal) => {
      const wanted = { fromImage: reference.repository, tag: digest, abortSignal };
      return authconfig === undefined ? engine.createImage(wanted) : engine.createImage(authconfig, wanted);
    });
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
