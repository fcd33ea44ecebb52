import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type RequestOptions, request } from "node:http";
import { homedir } from "node:os";
import { join } from "node:path";
import { isTunnel } from "./ssh/address.ts";
import { localEnd } from "./ssh/folder.ts";

/** Where the engine listens when nothing else is said. */
export const DEFAULT_DOCKER_HOST = "unix:///var/run/docker.sock";

export interface DockerHost {
  readonly url: string;
  /** Who said so, for error texts; undefined: nobody, it is the default. */
  readonly saidBy: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** The variable in which the wrapper hands on the ssh URL that DOCKER_HOST or docker's context named, beside DOCKER_HOST with this end of it. */
export const askedHostVariable = "SLIPWAY_HOST";

/**
 * The engine that a stack's config names, else the one that the docker command would talk to: DOCKER_HOST, else the current context, else the
 * default socket.
 * @param configured `slipway:host` of the stack
 */
export async function dockerHost(env: Environment = process.env, configured?: string): Promise<DockerHost> {
  if (configured !== undefined) return { url: configured, saidBy: "slipway:host" };
  if (env["DOCKER_HOST"]) return fromVariable(env["DOCKER_HOST"], env[askedHostVariable]);
  const folder = env["DOCKER_CONFIG"] || join(env["HOME"] ?? homedir(), ".docker");
  const context = env["DOCKER_CONTEXT"] || textIn(await readJson(join(folder, "config.json")), "currentContext");
  if (context === undefined || context === "default") return { url: DEFAULT_DOCKER_HOST, saidBy: undefined };
  // The docker command names a context's folder by the hash of the context's name.
  const hash = createHash("sha256").update(context).digest("hex");
  const url = textIn(
    await readJson(join(folder, "contexts", "meta", hash, "meta.json")),
    "Endpoints",
    "docker",
    "Host",
  );
  if (url !== undefined) return { url, saidBy: `docker context "${context}"` };
  throw new Error(
    `docker's current context "${context}" has no endpoint; see \`docker context ls\`, then e.g. \`docker context use default\``,
  );
}

/** In a shell with the variables of `npm run env` DOCKER_HOST is Slipway's own word. */
function fromVariable(url: string, asked: string | undefined): DockerHost {
  const host = { url: hostBehind(url, asked), saidBy: "DOCKER_HOST" };
  if (isTunnel(host.url)) throw new Error(foreignTunnel(url));
  return host;
}

/** What an engine's address stands for: the ssh URL when it is this end of that connection. */
export function hostBehind(url: string, asked: string | undefined): string {
  return asked && isTunnel(url) && localEnd(asked) === url ? asked : url;
}

/** A stack that names no host must not go to another stack's by the shell that it is called from. */
export function foreignTunnel(url: string): string {
  return `DOCKER_HOST of this shell is ${url}, the ssh connection to a host that another stack names (slipway:host); nothing was changed.\nMend it, then run the command again:\n  unset DOCKER_HOST   or pulumi config set slipway:host <host> for this stack`;
}

/** `denied`: it is there, but this user may not use it. `unknown`: cannot be asked from here (TLS). */
export type Answer = "answers" | "denied" | "silent" | "unknown";

/** Asks the engine whether it is there; takes at most two seconds. */
export async function ping({ url }: DockerHost, env: Environment = process.env): Promise<Answer> {
  const target = new URL(url);
  const timeout = 2_000;
  if (target.protocol === "unix:") return get({ socketPath: target.pathname, path: "/_ping", timeout });
  if (target.protocol !== "tcp:" || env["DOCKER_TLS_VERIFY"]) return "unknown";
  return get({ host: target.hostname, port: target.port || 2375, path: "/_ping", timeout });
}

function get(options: RequestOptions): Promise<Answer> {
  return new Promise((resolve) => {
    const asked = request(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200 ? "answers" : "silent");
    });
    asked.on("timeout", () => asked.destroy(new Error("no answer in time")));
    asked.on("error", (error) => resolve("code" in error && error.code === "EACCES" ? "denied" : "silent"));
    asked.end();
  });
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch(() => "null");
  return JSON.parse(text);
}

function textIn(value: unknown, ...path: string[]): string | undefined {
  let here: unknown = value;
  for (const key of path)
    here =
      typeof here === "object" && here !== null ? Object.entries(here).find(([name]) => name === key)?.[1] : undefined;
  return typeof here === "string" && here !== "" ? here : undefined;
}
