import { randomBytes, randomUUID } from "node:crypto";
import { link, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { isAbsolute, join } from "node:path";
import { pathToFileURL } from "node:url";
import { exists } from "./cache.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** `$XDG_STATE_HOME/slipway`, by default `~/.local/state/slipway`: what must not be lost, the local stacks' state and their key. */
export function stateRoot(env: Environment = process.env): string {
  const base = env["XDG_STATE_HOME"] ?? "";
  return join(isAbsolute(base) ? base : join(env["HOME"] ?? homedir(), ".local", "state"), "slipway");
}

/** Where a stack's state is kept. */
export type Backend =
  | { readonly kind: "machine" }
  /** The user's own; url undefined: the one they are logged in to. */
  | { readonly kind: "user"; readonly url: string | undefined };

export interface BackendFacts {
  readonly stack: string;
  /** This machine's own backend, which `npm run env` leaves in a shell as well. */
  readonly machine: string;
  readonly backendUrl: string | undefined;
  readonly accessToken: string | undefined;
  /** `current` in the user's credentials.json. */
  readonly loggedInto: string | undefined;
}

/**
 * A backend that the user's environment names has every stack. Else a local stack belongs to this machine; staging and production (`staging`,
 * `production-eu`...) belong to the backend that the user is logged in to, when there is one.
 */
export function backendOf({ stack, machine, backendUrl, accessToken, loggedInto }: BackendFacts): Backend {
  if (backendUrl && backendUrl !== machine) return { kind: "user", url: backendUrl };
  if (!/^(staging|production)(-|$)/.test(stack)) return { kind: "machine" };
  if (accessToken || loggedInto) return { kind: "user", url: loggedInto };
  return { kind: "machine" };
}

/** The user's `current` backend, from `pulumi login`. @param home folder of credentials.json */
export async function loggedInto(home: string): Promise<string | undefined> {
  const file = join(home, "credentials.json");
  if (!(await exists(file))) return undefined;
  const credentials: { current?: unknown } = JSON.parse(await readFile(file, "utf8"));
  return typeof credentials.current === "string" && credentials.current !== "" ? credentials.current : undefined;
}

/** The state folder of this machine's stacks as a Pulumi backend. Creates it, readable by this user only. */
export async function machineBackend(): Promise<string> {
  const folder = join(stateRoot(), "stacks");
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return pathToFileURL(folder).href;
}

/** The file with the passphrase of this machine's stacks; made once, never changed: without it their secrets are lost. */
export async function passphraseFile(root = stateRoot()): Promise<string> {
  const file = join(root, "passphrase");
  if (await exists(file)) return file;
  await mkdir(root, { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  await writeFile(draft, randomBytes(32).toString("base64url"), { mode: 0o600 });
  try {
    // A link never overwrites: of two first runs at once, both use the first one's passphrase.
    await link(draft, file);
  } catch (error) {
    if (!(await exists(file))) throw error;
  } finally {
    await rm(draft);
  }
  return file;
}
