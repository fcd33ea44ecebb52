/** Builds an image with the engine's classic builder (Docker 20.10 and later), once per content. */
import { access } from "node:fs/promises";
import { isAbsolute, join, normalize } from "node:path";
import type Docker from "dockerode";
import { statusOf } from "../../components/steps/docker-runner.ts";
import { messageOf } from "../../components/steps/failure.ts";
import { builtTag, type ContextEntry, listContext, recipeHash } from "./context.ts";
import { type EngineEvent, follow, imageId } from "./engine.ts";
import { packContext } from "./tar.ts";

const LOG_LINES = 30;

export interface BuildRequest {
  /** Absolute path of the context. */
  readonly context: string;
  /** Path of the Dockerfile within the context. @default "Dockerfile" */
  readonly dockerfile?: string | undefined;
  /** Stage of a multi-stage Dockerfile. @default its last one */
  readonly target?: string | undefined;
  /** Build arguments. They stay readable in the image's history: never a secret. @default none */
  readonly args?: Readonly<Record<string, string>> | undefined;
  /** Name and tag the image gets. */
  readonly tag: string;
  /** @default none */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

export type Say = (line: string) => void;

/** A build that is wanted by content: the tag follows from the bytes. */
export interface ContentBuild extends Omit<BuildRequest, "tag"> {
  /** `slipway/<name>:<hash>`. */
  readonly name: string;
  readonly baseImageId: string | undefined;
}

/**
 * Builds `slipway/<name>:<hash of the content>` unless the engine has it.
 * @returns the tag and the image's id (sha256:...).
 */
export async function ensureBuilt(
  engine: Docker,
  wanted: ContentBuild,
  say: Say,
): Promise<{ tag: string; id: string }> {
  const { dockerfile, entries, hash, tag } = await contentOf(wanted);
  const present = await imageId(engine, tag);
  if (present !== undefined) return { tag, id: present };
  say(`building ${tag}`);
  const labels = { ...wanted.labels, "slipway.image": wanted.name, "slipway.content": hash };
  return { tag, id: await build(engine, { ...wanted, dockerfile, tag, labels }, entries, say) };
}

/** The name of a build by content, whether the engine has it or not. */
export async function builtName(wanted: ContentBuild): Promise<string> {
  return (await contentOf(wanted)).tag;
}

async function contentOf({ context, name, target, args = {}, baseImageId, ...wanted }: ContentBuild) {
  const dockerfile = await dockerfileIn(context, wanted.dockerfile);
  const entries = await listContext(context, dockerfile);
  const hash = recipeHash({ entries, dockerfile, target, args, baseImageId });
  return { dockerfile, entries, hash, tag: builtTag(name, hash) };
}

/**
 * Builds and tags an image from a context folder, honouring its .dockerignore. Two builds of one tag at once both answer
 * the id of whichever was tagged first.
 * @throws Error with the failing step and the last lines of the log.
 */
export async function buildImage(engine: Docker, request: BuildRequest, say: Say = () => undefined): Promise<string> {
  const dockerfile = await dockerfileIn(request.context, request.dockerfile);
  return build(engine, { ...request, dockerfile }, await listContext(request.context, dockerfile), say);
}

async function build(
  engine: Docker,
  request: BuildRequest & { readonly dockerfile: string },
  entries: readonly ContextEntry[],
  say: Say,
): Promise<string> {
  const before = await imageId(engine, request.tag);
  const log = new BuildLog();
  const stream = await engine.buildImage(packContext(request.context, entries), {
    dockerfile: request.dockerfile,
    buildargs: { ...request.args },
    labels: { ...request.labels },
    ...(request.target === undefined ? {} : { target: request.target }),
    rm: true,
    forcerm: true,
  });
  const failure = await follow(engine, stream, (event) => {
    const step = log.add(event);
    // Several are built at once: each line says whose it is.
    if (step !== undefined) say(`${request.tag.split(":")[0]} ${step.replace(/^Step /, "").replace(" : ", " ")}`);
  });
  if (failure !== undefined) throw new Error(log.failure(request.tag, failure));
  if (log.id === undefined)
    throw new Error(`the engine built ${request.tag} without saying its id; last lines:\n${log.tail()}`);
  return claimTag(engine, request.tag, before, log.id);
}

/** Tags the fresh image, unless another run did so meanwhile: then that one is the image, and this one is dropped. */
async function claimTag(engine: Docker, tag: string, before: string | undefined, built: string): Promise<string> {
  const now = await imageId(engine, tag);
  if (now !== undefined && now !== before && now !== built) {
    try {
      await engine.getImage(built).remove();
    } catch (error) {
      // 409: something was made from it already; 404: gone. Either way there is nothing to tidy.
      if (statusOf(error) !== 409 && statusOf(error) !== 404) throw error;
    }
    return now;
  }
  const colon = tag.lastIndexOf(":");
  await engine.getImage(built).tag({ repo: tag.slice(0, colon), tag: tag.slice(colon + 1) });
  return built;
}

async function dockerfileIn(context: string, given: string | undefined): Promise<string> {
  const dockerfile = normalize(given ?? "Dockerfile");
  if (isAbsolute(dockerfile) || dockerfile.startsWith("..")) {
    throw new Error(
      `dockerfile "${given}" lies outside its build context; give a path within it, e.g. deploy/Dockerfile`,
    );
  }
  try {
    await access(join(context, dockerfile));
  } catch (error) {
    throw new Error(`there is no ${dockerfile} in the build context ${context} (${messageOf(error)})`, {
      cause: error,
    });
  }
  return dockerfile;
}

/** Reads the classic builder's events: the step it is at, the last lines, the id it ends with. */
export class BuildLog {
  id: string | undefined;
  readonly #lines: string[] = [];
  #step = "before its first step";
  #open = "";

  /** Takes one event in; answers the step's line when the event begins a step. */
  add(event: EngineEvent): string | undefined {
    this.id = event.aux?.ID ?? this.id;
    const parts = (this.#open + (event.stream ?? "")).split("\n");
    this.#open = parts.pop() ?? "";
    let begun: string | undefined;
    for (const part of parts) {
      const line = part.trimEnd();
      if (line === "") continue;
      if (/^Step \d+\/\d+ : /.test(line)) begun = this.#step = line;
      this.#lines.push(line);
      if (this.#lines.length > LOG_LINES) this.#lines.shift();
    }
    return begun;
  }

  tail(): string {
    return [...this.#lines, ...(this.#open === "" ? [] : [this.#open])].slice(-LOG_LINES).join("\n");
  }

  failure(tag: string, reason: string): string {
    return `building ${tag} failed at ${this.#step}\n${reason}\nlast lines:\n${this.tail()}`;
  }
}
