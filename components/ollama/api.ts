import type { Readable } from "node:stream";
import { indent, lastLines, messageOf, StepFailure } from "../steps/failure.ts";
import type { Command } from "../steps/runner.ts";
import type { Session } from "../steps/session.ts";

/** Asks one Ollama by its API (github.com/ollama/ollama, docs/api.md) from where a session's container is; the images have no other client. */
export class OllamaApi {
  readonly #session: Pick<Session, "run">;
  readonly #url: string;

  constructor(session: Pick<Session, "run">, url: string) {
    this.#session = session;
    this.#url = url;
  }

  /** Its version; undefined while nobody who is an Ollama answers. */
  async version(): Promise<string | undefined> {
    const finished = await this.#session.run(this.#ask("/api/version", ["--max-time", "5"]));
    return finished.exitCode === 0 ? textAt(parsed(finished.output), "version") : undefined;
  }

  /** The models that it has. */
  async models(): Promise<readonly FoundModel[]> {
    const found = memberOf(await this.#answer("/api/tags", ["--max-time", "30"]), "models");
    return Array.isArray(found) ? found.map(foundModel) : [];
  }

  /** Whether a model was made from this file. @param sha256 in hex */
  async isOf(model: string, sha256: string): Promise<boolean> {
    const shown = await this.#post("/api/show", { model }, ["--max-time", "30"]);
    return textAt(shown, "modelfile")?.includes(`sha256-${sha256}`) ?? false;
  }

  /** @throws StepFailure when a line of its answer tells an error */
  async stream(path: string, body: object, heard: (line: unknown) => void): Promise<void> {
    const lines = new Lines((line) => heard(parsed(line)));
    const finished = await this.#session.run({
      ...this.#send(path, body, ["--no-buffer"]),
      heard: (text) => lines.take(text),
    });
    if (finished.exitCode !== 0) throw failure(path, finished.output);
    const error = finished.output
      .split("\n")
      .map((line) => textAt(parsed(line), "error"))
      .find((each) => each !== undefined);
    if (error !== undefined) throw new OllamaError(error);
  }

  /** Hands it a file under its hash, unless it has that. @param bytes how many */
  async upload(sha256: string, bytes: number, input: () => Readable): Promise<void> {
    const path = `/api/blobs/sha256:${sha256}`;
    const asked = await this.#session.run(
      this.#ask(path, ["--head", "--output", "/dev/null", "--write-out", "%{http_code}"]),
    );
    if (asked.exitCode === 0 && asked.output.trim() === "200") return;
    // `head` ends at the last byte: (m) whether the engine hands on the end of the input depends on its version.
    const script = `head -c ${bytes} | curl --silent --show-error --fail-with-body --request POST --upload-file - "$0"`;
    const sent = await this.#session.run({ argv: ["sh", "-c", script, `${this.#url}${path}`], input });
    if (sent.exitCode !== 0) throw failure(path, sent.output);
  }

  /** The numbers of one embedding. @throws OllamaError in Ollama's own words */
  async embed(model: string, input: string): Promise<number> {
    const answer = await this.#post("/api/embed", { model, input }, ["--max-time", "600"]);
    const embeddings = memberOf(answer, "embeddings");
    const [first]: unknown[] = Array.isArray(embeddings) ? embeddings : [];
    return Array.isArray(first) ? first.filter((each) => typeof each === "number").length : 0;
  }

  #ask(path: string, options: readonly string[]): Command {
    return { argv: ["curl", "--silent", "--show-error", ...options, `${this.#url}${path}`] };
  }

  #send(path: string, body: object, options: readonly string[]): Command {
    return this.#ask(path, [...options, "--json", JSON.stringify(body)]);
  }

  #post(path: string, body: object, options: readonly string[]): Promise<unknown> {
    return this.#answer(path, [...options, "--json", JSON.stringify(body)]);
  }

  async #answer(path: string, options: readonly string[]): Promise<unknown> {
    const finished = await this.#session.run(this.#ask(path, options));
    if (finished.exitCode !== 0) throw failure(path, finished.output);
    const answer = parsed(finished.output);
    const error = textAt(answer, "error");
    if (error !== undefined) throw new OllamaError(error);
    return answer;
  }
}

/** What Ollama itself says is wrong. */
export class OllamaError extends Error {}

export interface FoundModel {
  readonly name: string;
  readonly digest: string;
  readonly bytes: number;
}

function foundModel(each: unknown): FoundModel {
  const size = memberOf(each, "size");
  return {
    name: textAt(each, "name") ?? "",
    digest: textAt(each, "digest") ?? "",
    bytes: typeof size === "number" ? size : 0,
  };
}

/** Cuts what comes in pieces into lines. */
export class Lines {
  #open = "";
  readonly #heard: (line: string) => void;

  constructor(heard: (line: string) => void) {
    this.#heard = heard;
  }

  take(text: string): void {
    const lines = `${this.#open}${text}`.split("\n");
    this.#open = lines.pop() ?? "";
    for (const line of lines) this.#heard(line);
  }
}

/** A member of what an answer's JSON may be; undefined for whatever has no such member. */
export function memberOf(value: unknown, name: string): unknown {
  return value !== null && typeof value === "object" && Object.hasOwn(value, name)
    ? Reflect.get(value, name)
    : undefined;
}

function textAt(value: unknown, name: string): string | undefined {
  const found = memberOf(value, name);
  return typeof found === "string" ? found : undefined;
}

/** Undefined for what is no JSON, e.g. an empty line. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function failure(path: string, output: string): StepFailure {
  return new StepFailure(`Ollama did not answer ${path}:\n${indent(lastLines(output, 5))}`);
}

/** In its own words or in ours. */
export function wordsOf(error: unknown): string {
  return messageOf(error).trim();
}
